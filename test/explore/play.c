/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "play.h"

#include <lab_atomic.h>
#include <stdio.h>
#include <stdlib.h>

#define BOXES 2u

/* HELD + t: by thread t. SENT + t: it counts as that thread's, or is about to, which is to find it
 * in a box. IN_BOX: it counts as nobody's. UNSURE: its sender died, and whose it is only the pool
 * knows. */
enum place { FREE, UNSURE, IN_BOX, FOUND_FREE, SENT, HELD = SENT + EXPLORE_THREADS };

static play_steps *steps;
static lab_atomic_t boxes[BOXES];
static unsigned n_objects;
static unsigned place[PLAY_OBJECTS + 1];
static bool is_late[PLAY_OBJECTS + 1]; /* it was put after a death */
static bool keeps_late;
static struct {
    void *objects[PLAY_OBJECTS];
    unsigned n;
    unsigned moving;
    unsigned sending; /* an object's number, or 0 */
} hands[EXPLORE_THREADS];

static void *object(unsigned number)
{
    return (void *)(uintptr_t)number;
}

static unsigned number_of(const void *object)
{
    if (!object || (uintptr_t)object > n_objects)
        explore_fail("%p is no object: nobody wrote it", object);
    return (unsigned)(uintptr_t)object;
}

void play_reset(play_steps *new_steps)
{
    steps = new_steps;
    n_objects = 0;
    memset(boxes, 0, sizeof(boxes));
    memset(place, 0, sizeof(place));
    memset(is_late, 0, sizeof(is_late));
    keeps_late = false;
    memset(hands, 0, sizeof(hands));
}

unsigned play_new_free(void)
{
    if (n_objects == PLAY_OBJECTS)
        abort();
    return ++n_objects;
}

unsigned play_new_held(unsigned thread)
{
    unsigned number = play_new_free();

    place[number] = HELD + thread;
    hands[thread].objects[hands[thread].n++] = object(number);
    return number;
}

void play_thread(void)
{
    const struct step *step = (*steps)[explore_self()];

    do
        explore_note("%s %u", step->name, step->n);
    while (step->act(step->n, step->which) && (++step)->act);
}

void play_moving(unsigned n)
{
    explore_touch();
    hands[explore_self()].moving = n;
}

unsigned play_held(void)
{
    return hands[explore_self()].n;
}

void play_obtain(void *const *objects, unsigned n)
{
    unsigned me = explore_self();

    play_moving(0);
    for (unsigned i = 0; i < n; i++) {
        unsigned number = number_of(objects[i]);

        explore_note("  has object %u", number);
        if (place[number] > UNSURE)
            explore_fail("object %u is held twice", number);
        place[number] = HELD + me;
        hands[me].objects[hands[me].n++] = objects[i];
    }
}

bool play_died(void)
{
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        if (explore_died(t))
            return true;
    return false;
}

unsigned play_let_go(void **ret_objects, unsigned n)
{
    unsigned me = explore_self();

    n = n < hands[me].n ? n : hands[me].n;
    for (unsigned i = 0; i < n; i++) {
        ret_objects[i] = hands[me].objects[--hands[me].n];
        place[number_of(ret_objects[i])] = FREE;
        is_late[number_of(ret_objects[i])] = play_died();
        explore_note("  lets object %u go", number_of(ret_objects[i]));
    }
    play_moving(n);
    return n;
}

void play_drain_dead(unsigned thread)
{
    for (unsigned i = 1; i <= n_objects; i++)
        if (place[i] == HELD + thread || place[i] == SENT + thread)
            place[i] = FREE;
    if (hands[thread].sending != 0 && place[hands[thread].sending] != FREE)
        place[hands[thread].sending] = UNSURE;
    hands[thread].sending = 0;
    hands[thread].n = 0;
    hands[thread].moving = 0;
}

void play_found_free(void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned number = number_of(objects[i]);

        if (place[number] > UNSURE)
            explore_fail("object %u is free and also elsewhere", number);
        place[number] = FOUND_FREE;
    }
}

void play_keep_late_puts(void)
{
    keeps_late = true;
}

void play_check(void)
{
    unsigned lost = 0, may_be_lost = 0;

    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        if (explore_died(t))
            may_be_lost = hands[t].moving;
    for (unsigned i = 1; i <= n_objects; i++) {
        lost += place[i] == FREE;
        if (place[i] == FREE && is_late[i] && keeps_late)
            explore_fail("object %u was put after the death, and is lost", i);
    }
    if (lost > may_be_lost)
        explore_fail("%u objects are lost, and %u may be", lost, may_be_lost);
}

bool play_give(unsigned box, unsigned which)
{
    void *given;

    if (play_let_go(&given, 1) == 1) {
        place[number_of(given)] = IN_BOX;
        lab_store_release(&boxes[box], number_of(given));
        play_moving(0);
    }
    return true;
}

void *play_sending(unsigned to)
{
    void *sent;

    if (play_let_go(&sent, 1) == 0)
        return NULL;
    place[number_of(sent)] = SENT + to;
    hands[explore_self()].sending = number_of(sent);
    return sent;
}

void play_send(unsigned box, void *sent)
{
    hands[explore_self()].sending = 0;
    lab_store_release(&boxes[box], number_of(sent));
    play_moving(0);
}

void play_keep(void *sent)
{
    hands[explore_self()].sending = 0;
    place[number_of(sent)] = FREE;
    play_obtain(&sent, 1);
}

bool play_receive(unsigned box, unsigned which)
{
    unsigned number = (unsigned)lab_load_acquire(&boxes[box]);
    void *received = object(number);

    explore_touch();
    if (number != 0 && (place[number] == IN_BOX || place[number] == SENT + explore_self())) {
        place[number] = FREE;
        play_obtain(&received, 1);
    }
    return true;
}

bool play_swap(unsigned n, unsigned which)
{
    unsigned held = play_held();
    void **objects = hands[explore_self()].objects;

    if (held >= 2) {
        void *last = objects[held - 1];

        objects[held - 1] = objects[held - 2];
        objects[held - 2] = last;
    }
    return true;
}

bool play_join(unsigned thread, unsigned which)
{
    explore_join(thread);
    return true;
}

bool play_say(unsigned flag, unsigned which)
{
    lab_store_release(&boxes[flag], 1);
    return true;
}

bool play_say_relaxed(unsigned flag, unsigned which)
{
    lab_store_relaxed(&boxes[flag], 1);
    return true;
}

bool play_hear(unsigned flag, unsigned which)
{
    return lab_load_acquire(&boxes[flag]) != 0;
}

bool play_insist(unsigned n, unsigned which)
{
    if (play_held() < n)
        explore_fail("there were %u objects to be had, and it has %u", n, play_held());
    return true;
}

void play_add(const struct explore_program *program, play_steps *of, unsigned less)
{
    struct explore_program lives = *program, dies;
    char *name;

    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        lives.thread[t] = (*of)[t][0].act ? play_thread : NULL;
    lives.bound = lives.bound ? lives.bound : PLAY_BOUND;
    dies = lives;
    lives.mortal = 0;
    explore_add(&lives);
    if (asprintf(&name, "%s, a thread dies", lives.name) < 0)
        abort();
    dies.name = name;
    dies.bound -= 1 + less;
    dies.mortal = dies.mortal ? dies.mortal : (1u << EXPLORE_THREADS) - 1;
    explore_add(&dies);
}
