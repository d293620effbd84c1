/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A child after fork works in an lcore id that its parent, who made the pool, has used, while the
 * parent gets the same object in another. The child's first get finds the private part open without
 * a fence, so it says first that it is there; or the parent has said so. One of the two has the
 * object, each time. */

#include "stress.h"
#include <lab_pool.h>
#include <stdio.h>

enum { LINES = 48, LINE_WORDS = LAB_CACHE_LINE / sizeof(uint64_t) };

enum { CHILD = 0, PARENT = 1, LCORES = 2 };

/* In shared memory. */
struct stage {
    lab_atomic_t round; /* that the child may begin; UINT64_MAX: it is over */
    lab_atomic_t ready; /* the last round that it is about to begin, */
    lab_atomic_t done;  /* and has ended */
    lab_atomic_t child_has;
    lab_atomic_t
        lines[LINES * LINE_WORDS]; /* that are with the parent's CPU when the child writes */
    uint64_t object;
    void *memory; /* of the pool */
};

static struct lab_pool_options options = {
    .name = "child", .count = 64, .lcores = LCORES, .deques = LCORES, .shared = true};

static void wait_for(const lab_atomic_t *word, uint64_t value)
{
    for (unsigned turn = 1; lab_load_acquire(word) < value; turn++)
        if (turn % 4096 == 0)
            sleep_ms(0);
}

/* So that neither is always the first. */
static void dawdle(uint64_t *random, const struct stage *stage)
{
    for (uint32_t left = random_below(random, 4000); left > 0; left--)
        (void)lab_load_relaxed(&stage->round);
}

/* Stores of the child's that its next ones queue behind, the one of its get among them: it is the
 * longer on its way to the parent. */
static void write_lines(struct stage *stage, uint64_t round)
{
    for (unsigned i = 0; i < LINES; i++)
        lab_store_relaxed(&stage->lines[i * LINE_WORDS], round);
}

/* A pool with one object, in the private part of the child's id. */
static struct lab_pool *make_pool(struct stage *stage, size_t bytes)
{
    struct lab_pool *pool;

    memset(stage->memory, 0, bytes);
    expect(lab_pool_init(stage->memory, &options, &pool, NULL) == 0, "no pool");
    expect(lab_pool_adopt(pool, &stage->object) == 0, "the object is not taken");
    expect(lab_pool_put(pool, CHILD, &stage->object) == 0, "the object is not put");
    return pool;
}

static void be_child(void *argument)
{
    struct stage *stage = argument;
    struct lab_pool *pool = stage->memory;
    uint64_t random = stress_seed;

    for (uint64_t round = 1;; round++) {
        void *object;

        wait_for(&stage->round, round);
        if (lab_load_relaxed(&stage->round) == UINT64_MAX)
            return;
        if (round % 2 == 0)
            expect(lab_pool_announce(pool) == 0, "it may not say that it is there");
        lab_store_release(&stage->ready, round);
        dawdle(&random, stage);
        write_lines(stage, round);
        lab_store_relaxed(&stage->child_has, lab_pool_get(pool, CHILD, &object) == 0);
        lab_store_release(&stage->done, round);
    }
}

int main(void)
{
    struct stage *stage;
    struct actor child;
    uint64_t rounds = 0, childs = 0, parents = 0;
    size_t bytes;
    double end;

    skip_processes_under_tsan();
    stress_begin("child");
    end = now_seconds() + stress_seconds(1.5);
    expect(lab_pool_footprint(&options, &bytes, NULL) == 0, "wrong options");
    stage = stress_map(sizeof(*stage));
    stage->memory = stress_map(bytes);
    (void)make_pool(stage, bytes); /* so that the child has all that the parent has */
    actor_start(&child, PROCESSES, be_child, stage);
    do {
        struct lab_pool *pool = make_pool(stage, bytes);
        void *object;
        bool parent_has;

        if (++rounds % 2 == 1)
            expect(lab_pool_announce(pool) == 0, "it may not say that others come");
        write_lines(stage, 0);
        lab_store_release(&stage->round, rounds);
        wait_for(&stage->ready, rounds);
        parent_has = lab_pool_get(pool, PARENT, &object) == 0;
        wait_for(&stage->done, rounds);
        expect(!(parent_has && lab_load_relaxed(&stage->child_has) != 0),
               "round %llu: both have the object", (unsigned long long)rounds);
        parents += parent_has;
        childs += lab_load_relaxed(&stage->child_has);
    } while (now_seconds() < end);
    lab_store_release(&stage->round, UINT64_MAX);
    actor_join(&child);
    printf("%llu rounds: the child had it %llu times, the parent %llu\n",
           (unsigned long long)rounds, (unsigned long long)childs, (unsigned long long)parents);
    return 0;
}
