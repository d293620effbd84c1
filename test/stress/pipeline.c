/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* One lcore gets, hands over through a small queue, and another puts, in pools that an idle main
 * lcore has filled. Its private part must not bring the pipeline to a standstill. */

#include "rig.h"
#include <sched.h>
#include <stdio.h>

static const uint32_t counts[] = {63, 255, 511, 1023};

enum { QUEUE = 64, BULK = 32, MAIN = 0, GETTING = 1, PUTTING = 2 };

/* In shared memory. One writes `in`, the other `out`; Q1 store release pairs with Q2 load acquire,
 * both ways. */
struct pipeline {
    struct rig *rig;
    _Alignas(LAB_CACHE_LINE) lab_atomic_t in;
    _Alignas(LAB_CACHE_LINE) lab_atomic_t out;
    _Alignas(LAB_CACHE_LINE) lab_atomic_t over;
    void *queue[QUEUE];
};

static bool is_over(const struct pipeline *pipeline)
{
    return lab_load_relaxed(&pipeline->over) != 0;
}

static void get(void *argument)
{
    struct pipeline *pipeline = argument;
    uint64_t random = stress_seed, in = 0;

    while (!is_over(pipeline)) {
        unsigned n = 1 + random_below(&random, BULK);
        void *objects[BULK];

        if (!rig_get(pipeline->rig, GETTING, 1, objects, n)) {
            sched_yield();
            continue;
        }
        while (in + n - lab_load_acquire(&pipeline->out) > QUEUE) /* Q2 */
            sched_yield();
        for (unsigned i = 0; i < n; i++)
            pipeline->queue[(in + i) % QUEUE] = objects[i];
        in += n;
        lab_store_release(&pipeline->in, in); /* Q1 */
    }
    lab_store_release(&pipeline->over, 2); /* Q1 */
}

static void put(void *argument)
{
    struct pipeline *pipeline = argument;
    uint64_t out = 0;

    for (;;) {
        uint64_t over = lab_load_acquire(&pipeline->over);  /* Q2 */
        uint64_t n = lab_load_acquire(&pipeline->in) - out; /* Q2 */
        void *objects[BULK];

        if (n == 0 && over == 2)
            return;
        if (n == 0)
            sched_yield();
        n = n < BULK ? n : BULK;
        for (unsigned i = 0; i < n; i++)
            objects[i] = pipeline->queue[(out + i) % QUEUE];
        rig_put(pipeline->rig, PUTTING, 1, objects, (unsigned)n);
        out += n;
        lab_store_release(&pipeline->out, out); /* Q1 */
    }
}

static void run(uint32_t count, enum how how, double seconds)
{
    struct pipeline *pipeline = stress_map(sizeof(*pipeline));
    double end = now_seconds() + seconds;
    uint64_t before = 0, least = UINT64_MAX;
    unsigned slots = 0;
    struct actor getting, putting;

    pipeline->rig = rig_map((struct lab_pool_options){.count = count}, how);
    rig_fill(pipeline->rig, MAIN);
    actor_start(&getting, how, get, pipeline);
    actor_start(&putting, how, put, pipeline);
    while (now_seconds() < end) {
        uint64_t moved;

        sleep_ms(SLOT_MS);
        wait_until((moved = lab_load_relaxed(&pipeline->out)) > before);
        least = moved - before < least ? moved - before : least;
        before = moved;
        slots++;
    }
    lab_store_relaxed(&pipeline->over, 1);
    actor_join(&getting);
    actor_join(&putting);
    rig_expect_all_free(pipeline->rig);
    rig_unmap(pipeline->rig);
    printf("%u objects: %llu moved in %u slots, %llu at least\n", count, (unsigned long long)before,
           slots, (unsigned long long)least);
}

int main(int argc, char **argv)
{
    enum how how = how_of(argc, argv);

    stress_begin("pipeline");
    for (unsigned c = 0; c < 4; c++)
        run(counts[c], how, stress_seconds(2.4) / 4);
    return 0;
}
