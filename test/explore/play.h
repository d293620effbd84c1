/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef PLAY_H
#define PLAY_H

/* The parts of the programs of all suites: numbered objects, threads that hold some, and for each
 * thread a list of steps. Two holders of one object are found at once; an object that nobody can
 * obtain any longer, at the end. */

#include "explore.h"

#define PLAY_STEPS 10u
#define PLAY_OBJECTS 16u

/* `act` returns false where its thread is to end. */
struct step {
    bool (*act)(unsigned n, unsigned which);
    const char *name;
    unsigned n, which;
};

typedef const struct step play_steps[EXPLORE_THREADS][PLAY_STEPS];

/* Before each execution: these steps, no objects. */
void play_reset(play_steps *steps);

/* A new object, held by a thread, or free. Returns its number: 1, 2, ... */
unsigned play_new_held(unsigned thread);
unsigned play_new_free(void);

/* For struct explore_program: runs the steps of the calling thread. */
void play_thread(void);

/* Around a call that moves objects, for the thread that makes it. From play_let_go() or
 * play_moving() to play_obtain() that thread, should it die, may hide n objects. */
unsigned play_let_go(void **ret_objects, unsigned n); /* those got last, at most those held */
void play_moving(unsigned n);
void play_obtain(void *const *objects, unsigned n);
unsigned play_held(void);

/* That thread is known to be dead: what it held may be had from now on, and nothing of what it was
 * moving may stay hidden. */
void play_drain_dead(unsigned thread);

/* The object got last is to become that thread's, by a call that its holder makes next; NULL if it
 * holds none. And the call is made: the thread learns of it, by a box that play_receive() looks at;
 * or it was refused, and the object stays. */
void *play_sending(unsigned to);
void play_send(unsigned box, void *object);
void play_keep(void *object);

/* From now on, what is put after a death may not be lost: nobody can have died moving it. */
void play_keep_late_puts(void);

/* In check: what was free after all, and then whether all is there. */
void play_found_free(void *const *objects, unsigned n);
void play_check(void);
bool play_died(void); /* some thread did */

/* Steps that all suites have. */
bool play_give(unsigned box, unsigned which);    /* one object into a hand-over box */
bool play_receive(unsigned box, unsigned which); /* what lies in it by now */
bool play_swap(unsigned n, unsigned which);      /* the two objects got last */
bool play_join(unsigned thread, unsigned which); /* wait for its end, or its death */
bool play_say(unsigned flag, unsigned which);    /* raise it, release */
bool play_say_relaxed(unsigned flag, unsigned which);
bool play_hear(unsigned flag, unsigned which); /* end unless it was raised */
bool play_insist(unsigned n, unsigned which);  /* on holding n objects at least */

// clang-format off
#define GIVE(box)         {play_give, "GIVE", box, 0}
#define RECEIVE(box)      {play_receive, "RECEIVE", box, 0}
#define SWAP              {play_swap, "SWAP", 0, 0}
#define JOIN(thread)      {play_join, "JOIN", thread, 0}
#define SAY(flag)         {play_say, "SAY", flag, 0}
#define SAY_RELAXED(flag) {play_say_relaxed, "SAY_RELAXED", flag, 0}
#define HEAR(flag)        {play_hear, "HEAR", flag, 0}
#define INSIST(n)         {play_insist, "INSIST", n, 0}
// clang-format on

/* Adds a program of these steps, of which name, setup, check and data are given; and the same once
 * more in which a thread dies, one of `mortal` or, if that is 0, any. There are many places to die
 * in, so that one has a bound smaller by 1 and by `less`. A bound of 0 is PLAY_BOUND. */
#define PLAY_BOUND 3u
void play_add(const struct explore_program *program, play_steps *steps, unsigned less);

#endif
