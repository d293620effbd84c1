/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef EXPLORE_H
#define EXPLORE_H

/* The interleaving explorer: runs a program of up to EXPLORE_THREADS threads once for every
 * schedule and every outcome of its loads, within a bound. README.md says what that covers. */

#include <stdbool.h>
#include <stdint.h>

#define EXPLORE_THREADS 4u

struct explore_program {
    const char *name;
    void (*setup)(const void *data); /* before each execution; nothing here is explored */
    void (*thread[EXPLORE_THREADS])(void);
    const char *thread_name[EXPLORE_THREADS]; /* left NULL: "thread 0", ... */
    void (*check)(void); /* after each execution: explore_fail() if what is left is wrong */
    const void *data;
    unsigned bound;  /* deviations from the default schedule that one execution may have */
    unsigned mortal; /* bit t: thread t may die, at each of its steps; one death an execution */
    bool witness;    /* it also fails if no execution calls explore_witness() */
    bool broken;     /* it fails unless some execution fails */
};

/* For programs, in a thread or in check. */

/* Ends the execution: the program is wrong. Does not return. */
void explore_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* This execution is one of those that the program is there for. */
void explore_witness(void);

/* The thread that is running. */
unsigned explore_self(void);

/* Returns the process of each thread, for barriers that reach one process alone; NULL: they are all
 * of one. For setup. */
extern uint64_t (*explore_process)(unsigned thread);

/* Waits until that thread has ended or died, and sees all that it saw. */
void explore_join(unsigned thread);

/* The caller waits for something that others do: one of them goes on. Nothing in check. */
void explore_yield(void);

/* The caller looks at, or changes, something that other threads change, too, and that is not
 * explored: its next step need not come to the same if it stands elsewhere among theirs. */
void explore_touch(void);

/* True if that thread died in this execution. */
bool explore_died(unsigned thread);

/* A line of the trace, when there is one. */
void explore_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A suite is a file that defines this, and calls explore_add() for each of its programs. main() is
 * the explorer's own: it lists them, plays them and reports. */
void explore_suite(void);
void explore_add(const struct explore_program *program);

#endif
