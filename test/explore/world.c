/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "world.h"

#include <lab_barrier.h>
#include <lab_deque.h>
#include <stdio.h>
#include <stdlib.h>

#define DEQUES 2u
#define CAPACITY_MAX 16u

struct variant {
    const struct world *world;
    enum lab_barrier barrier;
};

static enum lab_barrier barrier;
static struct lab_deque deques[DEQUES];
static lab_atomic_t slots[DEQUES][CAPACITY_MAX];
static uint64_t surveyed; /* the end of what was in deque 0; UINT64_MAX: nobody looked */

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

/* A push of nothing. */
static void publish(struct lab_deque *deque, bool all)
{
    (void)lab_deque_push_slow_owner(deque, NULL, 0, all);
}

static void make_deque(unsigned d, const struct world *world)
{
    bool vacant = d == 0 && world->vacant;

    lab_deque_init(&deques[d], or_default(world->steal_max, 1), or_default(world->private_size, 1),
                   vacant || barrier == LAB_BARRIER_FENCE);
    memset(slots[d], 0, sizeof(slots[d]));
    if (!vacant)
        lab_deque_equip_owner(&deques[d], slots[d], or_default(world->capacity, 4), 0);
}

static void setup(const void *data)
{
    const struct variant *variant = data;
    const struct world *world = variant->world;

    barrier = variant->barrier;
    surveyed = UINT64_MAX;
    play_reset(&world->steps);
    if (barrier == LAB_BARRIER_FENCE)
        play_keep_late_puts(); /* lab_deque.h: an owner that does not fence may leave bot low */
    for (unsigned d = 0; d < DEQUES; d++)
        make_deque(d, world);
    for (unsigned i = world->top; i < world->bot; i++)
        slots[0][i & deques[0].mask].word = play_new_free();
    deques[0].top.word = world->top;
    deques[0].split.word = world->unseen ? world->top : world->split;
    deques[0].bot.word = deques[0].split.word;
    publish(&deques[0], false); /* nothing yet, but the owner has a look */
    deques[0].bot.word = world->bot;
    deques[0].split.word = world->split;
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (unsigned i = 0; i < world->hand[t]; i++)
            (void)play_new_held(t);
}

bool world_register(unsigned n, unsigned deque)
{
    lab_deque_fence_owner(&deques[deque], barrier == LAB_BARRIER_FENCE);
    lab_fence_seq_cst(); /* as lab_pool_choose_fence_owner() */
    lab_deque_equip_owner(&deques[deque], slots[deque], 4, 0);
    return true;
}

static void push(struct lab_deque *deque, unsigned n, bool public)
{
    void *objects[PLAY_OBJECTS];
    bool done;

    n = play_let_go(objects, n);
    if (n == 0)
        return;
    done = (!public && lab_deque_push_owner(deque, objects, n)) ||
           lab_deque_push_slow_owner(deque, objects, n, public);
    play_obtain(objects, done ? 0 : n);
}

bool world_push(unsigned n, unsigned deque)
{
    push(&deques[deque], n, false);
    return true;
}

bool world_push_public(unsigned n, unsigned deque)
{
    push(&deques[deque], n, true);
    return true;
}

static unsigned steal(struct lab_deque *deque, unsigned n)
{
    void *objects[PLAY_OBJECTS];

    n = n < deque->steal_max ? n : deque->steal_max;
    play_moving(n);
    n = lab_deque_steal_any(deque, objects, n);
    play_obtain(objects, n);
    return n;
}

bool world_steal(unsigned n, unsigned deque)
{
    (void)steal(&deques[deque], PLAY_OBJECTS);
    return true;
}

bool world_pop(unsigned n, unsigned d)
{
    struct lab_deque *deque = &deques[d];
    void *objects[PLAY_OBJECTS];
    unsigned got = n, more = 1;

    play_moving(n);
    if (!lab_deque_pop_owner(deque, objects, n))
        got = lab_deque_pop_slow_owner(deque, objects, 1, n);
    play_obtain(objects, got);
    for (; got < n && more > 0; got += more)
        more = steal(deque, n - got);
    return true;
}

bool world_publish(unsigned n, unsigned deque)
{
    publish(&deques[deque], true);
    return true;
}

static void revoke(struct lab_deque *deque, enum lab_barrier called)
{
    uint64_t mark;

    if (lab_deque_mark_any(deque, &mark) != LAB_DEQUE_MARKED)
        return;
    lab_barrier_heavy(lab_deque_is_fenced_any(deque) ? LAB_BARRIER_FENCE : called);
    lab_deque_settle_any(deque, mark);
}

bool world_revoke(unsigned n, unsigned deque)
{
    revoke(&deques[deque], barrier);
    return true;
}

bool world_survey(unsigned n, unsigned deque)
{
    lab_deque_end_revocation_any(&deques[deque]);
    surveyed = lab_deque_span_any(&deques[deque]).end;
    return true;
}

bool world_revoke_alone(unsigned n, unsigned deque)
{
    revoke(&deques[deque], LAB_BARRIER_FENCE);
    return true;
}

bool world_help_alone(unsigned n, unsigned deque)
{
    bool marked = deques[deque].split.word >= LAB_DEQUE_MARK;

    explore_touch();
    revoke(&deques[deque], marked ? LAB_BARRIER_FENCE : barrier);
    return true;
}

/* Takes all that any thread could take now that nobody is inside a call. */
static void drain(struct lab_deque *deque)
{
    void *objects[PLAY_OBJECTS];
    enum lab_deque_marked marked;
    uint64_t mark;

    do {
        unsigned n = lab_deque_steal_any(deque, objects, deque->steal_max);

        play_found_free(objects, n);
        marked = lab_deque_mark_any(deque, &mark);
        if (marked == LAB_DEQUE_MARKED)
            lab_deque_settle_any(deque, mark);
    } while (marked != LAB_DEQUE_BARE);
}

static void check_order(const struct lab_deque *deque)
{
    uint64_t top = deque->top.word, split = deque->split.word, bot = deque->bot.word;

    if (split >= LAB_DEQUE_MARK)
        explore_fail("a mark is left behind");
    if (top > split || split > bot || bot > top + deque->capacity)
        explore_fail("not top %llu <= split %llu <= bot %llu <= top + capacity",
                     (unsigned long long)top, (unsigned long long)split, (unsigned long long)bot);
}

static void check(void)
{
    if (surveyed < lab_deque_span_any(&deques[0]).end)
        explore_fail("something was published behind what was looked at");
    for (unsigned d = 0; d < DEQUES; d++) {
        if (!play_died())
            check_order(&deques[d]);
        drain(&deques[d]);
    }
    play_check();
}

static bool revokes(const struct world *world)
{
    for (unsigned t = 0; t < EXPLORE_THREADS; t++)
        for (const struct step *step = world->steps[t]; step->act; step++)
            if (step->act == world_revoke)
                return true;
    return false;
}

static void add(const struct world *world, enum lab_barrier with)
{
    struct variant *variant = malloc(sizeof(*variant));
    char *name;

    if (!variant ||
        asprintf(&name, "%s%s", world->name, with == LAB_BARRIER_FENCE ? ", fenced" : "") < 0)
        abort();
    *variant = (struct variant){.world = world, .barrier = with};
    play_add(&(struct explore_program){.name = name,
                                       .setup = setup,
                                       .thread_name = {"owner", "thief 1", "thief 2", "next owner"},
                                       .check = check,
                                       .data = variant,
                                       .bound = world->bound,
                                       .broken = world->broken},
             &world->steps, 0);
}

void world_add(const struct world *world)
{
    add(world, LAB_BARRIER_SHARED);
    if (revokes(world) && !world->broken)
        add(world, LAB_BARRIER_FENCE);
}
