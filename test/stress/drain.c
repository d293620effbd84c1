/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Seven lcores free a share of the pool each and go idle. Then the eighth, or a thread without an
 * id, gets every single object: with bulks of every size, hundreds of times. */

#include "rig.h"
#include <stdio.h>
#include <stdlib.h>

enum { FREEING = 7, DRAINING = FREEING, COUNT = 8191 };

static const unsigned bulks[] = {1, 7, 32, 64, 256};

enum { BULKS = sizeof(bulks) / sizeof(*bulks) };

/* In shared memory. */
struct stage {
    struct rig *rig;
    pthread_barrier_t filled, drained; /* the seven and the drainer; shared by processes */
    bool over;
    void *objects[COUNT];
};

struct freeing {
    struct stage *stage;
    unsigned number;
    struct actor actor;
};

static void free_a_share(void *argument)
{
    struct freeing *self = argument;
    struct stage *stage = self->stage;
    uint64_t random = stress_seed + self->number;
    uint32_t from = COUNT * self->number / FREEING, to = COUNT * (self->number + 1) / FREEING;

    for (;;) {
        pthread_barrier_wait(&stage->drained);
        if (stage->over)
            return;
        for (uint32_t at = from, n; at < to; at += n) {
            n = 1 + random_below(&random, 64);
            n = n < to - at ? n : to - at;
            rig_put(stage->rig, self->number, 1, stage->objects + at, n);
        }
        pthread_barrier_wait(&stage->filled);
    }
}

static void make_barrier(pthread_barrier_t *barrier)
{
    pthread_barrierattr_t shared;

    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    expect(pthread_barrier_init(barrier, &shared, FREEING + 1) == 0, "no barrier");
}

int main(int argc, char **argv)
{
    enum how how = how_of(argc, argv);
    struct freeing freeing[FREEING];
    struct stage *stage;
    unsigned rounds = 0;
    double end;

    stress_begin("drain");
    end = now_seconds() + stress_seconds(1.5);
    stage = stress_map(sizeof(*stage));
    stage->rig = rig_map((struct lab_pool_options){.count = COUNT}, how);
    make_barrier(&stage->filled);
    make_barrier(&stage->drained);
    rig_fill(stage->rig, DRAINING);
    for (unsigned i = 0; i < FREEING; i++) {
        freeing[i] = (struct freeing){.stage = stage, .number = i};
        actor_start(&freeing[i].actor, how, free_a_share, &freeing[i]);
    }
    for (; rounds < 4 * BULKS || now_seconds() < end; rounds++) {
        uint32_t lcore = rounds / BULKS % 2 ? LAB_LCORE_ANY : DRAINING;
        uint32_t got = rig_drain(stage->rig, lcore, 1, stage->objects, bulks[rounds % BULKS]);

        expect(got == COUNT, "round %u, bulks of %u: %u of %u could be had", rounds,
               bulks[rounds % BULKS], got, COUNT);
        pthread_barrier_wait(&stage->drained);
        pthread_barrier_wait(&stage->filled);
    }
    stage->over = true;
    pthread_barrier_wait(&stage->drained);
    for (unsigned i = 0; i < FREEING; i++)
        actor_join(&freeing[i].actor);
    rig_expect_all_free(stage->rig);
    printf("%u drains, all complete\n", rounds);
    return 0;
}
