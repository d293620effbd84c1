/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Two receive queues, whose program keeps whatever comes and does not lie in the reserve, and four
 * lcores that get and keep all they can. The reserve has what the queues and a burst in the hands
 * of each come to: so no refill ever fails, and no other gets anything of the reserve. */

#include "rig.h"
#include <stdio.h>
#include <string.h>

enum {
    QUEUES = 2,
    HOLDERS = 4,
    RING = 128,
    BURST = 32,
    RESERVE = QUEUES * (RING + BURST),
    COUNT = RESERVE + 1000
};

/* In shared memory. */
struct stage {
    struct rig *rig;
    lab_atomic_t over;
    lab_atomic_t received[QUEUES];
    lab_atomic_t unkept[QUEUES];
};

struct role {
    struct stage *stage;
    unsigned number; /* queues first; also the lcore */
    struct actor actor;
};

/* Objects that an actor keeps. */
struct hoard {
    void *objects[COUNT];
    unsigned n;
};

static void put_back(const struct role *role, struct hoard *hoard, unsigned n)
{
    for (unsigned k; n > 0; n -= k) {
        k = n < BURST ? n : BURST;
        hoard->n -= k;
        rig_put(role->stage->rig, role->number, role->number + 1, hoard->objects + hoard->n, k);
    }
}

/* Keeps what is not of the reserve, and puts the rest. */
static void receive(const struct role *role, struct hoard *hoard, void *const *objects)
{
    struct rig *rig = role->stage->rig;
    void *unkept[BURST];
    unsigned n = 0;

    for (unsigned i = 0; i < BURST; i++) {
        if (lab_pool_is_reserve(rig->pool, objects[i]))
            unkept[n++] = objects[i];
        else
            hoard->objects[hoard->n++] = objects[i];
    }
    rig_put(rig, role->number, role->number + 1, unkept, n);
    lab_count_owner(&role->stage->received[role->number], BURST);
    lab_count_owner(&role->stage->unkept[role->number], n);
}

static void refill(const struct role *role, void **ret_objects, unsigned n)
{
    struct rig *rig = role->stage->rig;

    expect(rig_get_atomic(rig, role->number, role->number + 1, ret_objects, n),
           "a refill failed: %u free in all", lab_pool_count(rig->pool));
}

static void queue(void *argument)
{
    struct role *role = argument;
    uint64_t random = stress_seed + role->number;
    static _Thread_local struct hoard hoard;
    void *ring[RING], *burst[BURST];

    refill(role, ring, RING);
    for (unsigned at = 0; lab_load_relaxed(&role->stage->over) == 0; at = (at + BURST) % RING) {
        memcpy(burst, ring + at, sizeof(burst));
        refill(role, ring + at, BURST); /* the burst is in the program's hands meanwhile */
        receive(role, &hoard, burst);
        if (random_below(&random, 500) == 0)
            put_back(role, &hoard, random_below(&random, hoard.n + 1));
    }
    put_back(role, &hoard, hoard.n);
    rig_put(role->stage->rig, role->number, role->number + 1, ring, RING);
}

static void keep(void *argument)
{
    struct role *role = argument;
    uint64_t random = stress_seed + role->number;
    static _Thread_local struct hoard hoard;

    while (lab_load_relaxed(&role->stage->over) == 0) {
        unsigned n = 1 + random_below(&random, BURST);

        if (hoard.n + n <= COUNT &&
            rig_get(role->stage->rig, role->number, role->number + 1, hoard.objects + hoard.n, n)) {
            for (unsigned i = 0; i < n; i++)
                expect(!lab_pool_is_reserve(role->stage->rig->pool, hoard.objects[hoard.n + i]),
                       "something of the reserve was given to another");
            hoard.n += n;
        }
        if (random_below(&random, 200) == 0)
            put_back(role, &hoard, random_below(&random, hoard.n + 1));
    }
    put_back(role, &hoard, hoard.n);
}

int main(int argc, char **argv)
{
    enum how how = how_of(argc, argv);
    struct role role[QUEUES + HOLDERS];
    struct stage *stage;

    stress_begin("reserve");
    stage = stress_map(sizeof(*stage));
    stage->rig = rig_map((struct lab_pool_options){.count = COUNT, .reserve = RESERVE}, how);
    rig_fill(stage->rig, QUEUES + HOLDERS);
    for (unsigned i = 0; i < QUEUES + HOLDERS; i++) {
        role[i] = (struct role){.stage = stage, .number = i};
        actor_start(&role[i].actor, how, i < QUEUES ? queue : keep, &role[i]);
    }
    for (double end = now_seconds() + stress_seconds(1.5); now_seconds() < end;) {
        uint64_t before[QUEUES];

        for (unsigned i = 0; i < QUEUES; i++)
            before[i] = lab_load_relaxed(&stage->received[i]);
        sleep_ms(3 * SLOT_MS);
        for (unsigned i = 0; i < QUEUES; i++)
            wait_until(lab_load_relaxed(&stage->received[i]) > before[i]);
    }
    for (unsigned i = 0; i < QUEUES; i++)
        wait_until(lab_load_relaxed(&stage->unkept[i]) > 0); /* the reserve is needed */
    lab_store_relaxed(&stage->over, 1);
    for (unsigned i = 0; i < QUEUES + HOLDERS; i++)
        actor_join(&role[i].actor);
    for (unsigned i = 0; i < QUEUES; i++) {
        printf("queue %u: %llu received, %llu not kept\n", i,
               (unsigned long long)lab_load_relaxed(&stage->received[i]),
               (unsigned long long)lab_load_relaxed(&stage->unkept[i]));
    }
    rig_expect_all_free(stage->rig);
    expect(!lab_pool_reserve_is_held(stage->rig->pool), "the reserve is still looked for");
    return 0;
}
