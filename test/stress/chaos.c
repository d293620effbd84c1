/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Eight lcores and two threads without an id on two CPUs, with bulks and pauses at random: nothing
 * is held twice, and in the end everything is free. */

#include "rig.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { ACTORS = 10, WITH_ID = 8, COUNT = 1023, HOLD = 400 };

struct chaos {
    struct rig *rig;
    unsigned number;
    uint32_t lcore;
    double end;
    uint64_t moved;
};

static void pause_at_random(uint64_t *random)
{
    unsigned dice = random_below(random, 1000);

    if (dice < 10)
        sched_yield();
    else if (dice == 10)
        sleep_ms(random_below(random, 20) / 10.0);
}

static void run(void *argument)
{
    struct chaos *self = argument;
    uint64_t random = stress_seed + self->number, who = self->number + 1;
    void *objects[HOLD + BULK_MAX];
    unsigned held = 0;

    for (unsigned turn = 0; turn % 64 != 0 || now_seconds() < self->end; turn++) {
        unsigned n = random_below(&random, random_below(&random, 4) == 0 ? BULK_MAX : 40);

        if (held < HOLD && random_below(&random, 2)) {
            if (rig_get(self->rig, self->lcore, who, objects + held, n))
                held += n;
        } else {
            n = n < held ? n : held;
            held -= n;
            rig_put(self->rig, self->lcore, who, objects + held, n);
            self->moved += n;
        }
        pause_at_random(&random);
    }
    rig_put(self->rig, self->lcore, who, objects, held);
}

int main(int argc, char **argv)
{
    struct chaos chaos[ACTORS];
    struct actor actors[ACTORS];
    uint64_t moved = 0;
    struct rig *rig;
    double end;

    stress_begin("chaos");
    end = now_seconds() + stress_seconds(1.5);
    if (argc > 1 && strcmp(argv[1], "buffers") == 0) {
        rig = rig_create(COUNT);
    } else {
        /* Fewer deques than lcores, so that the stack is at work too. */
        rig = rig_map((struct lab_pool_options){.count = COUNT, .deques = 6}, THREADS);
        rig_fill(rig, LAB_LCORE_ANY);
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        chaos[i] = (struct chaos){
            .rig = rig, .number = i, .lcore = i < WITH_ID ? i * 15 : LAB_LCORE_ANY, .end = end};
        actor_start(&actors[i], THREADS, run, &chaos[i]);
    }
    for (unsigned i = 0; i < ACTORS; i++) {
        actor_join(&actors[i]);
        moved += chaos[i].moved;
    }
    expect(moved > 0, "nothing moved");
    rig_expect_all_free(rig);
    rig_unmap(rig);
    printf("%llu objects moved\n", (unsigned long long)moved);
    return 0;
}
