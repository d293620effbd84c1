/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Threads are stopped by a signal wherever they happen to be, some of them in the midst of a get or
 * a put. The others go on; and when these have given back all that they hold, whatever can be had
 * is everything but what the stopped ones hold and the bursts that they were moving. */

#include "rig.h"
#include <sched.h>
#include <stdio.h>

enum { WORKERS = 6, COUNT = 511, BULK = 32, HOLD = 40, MOST_STOPPED = 3, DRAINING = 100 };

/* One stop in this number is long, for a look at the progress of the others. */
enum { LONG_EVERY = 16 };

struct worker {
    struct rig *rig;
    uint64_t who;
    uint32_t lcore;
    struct actor actor;
    lab_atomic_t moved;
    lab_atomic_t parked; /* the value of `park` that it has obeyed */
    struct stopper stopper;
};

/* Odd: give everything back, and wait for an even one. */
static lab_atomic_t park, over;

static void pause_at_random(uint64_t *random)
{
    unsigned dice = random_below(random, 2000);

    if (dice < 10)
        sched_yield();
    else if (dice == 10)
        sleep_ms(0.05);
}

static void obey(struct worker *worker, uint64_t order)
{
    lab_store_release(&worker->parked, order); /* S1 pairs with S2 */
    while (lab_load_acquire(&park) == order)
        sleep_ms(0.05);
}

static void work(void *argument)
{
    struct worker *worker = argument;
    uint64_t random = stress_seed + worker->who;
    void *objects[HOLD + BULK];
    unsigned held = 0;

    stopper_obey(&worker->stopper);
    while (lab_load_relaxed(&over) == 0) {
        unsigned n = random_below(&random, BULK + 1);
        uint64_t order = lab_load_acquire(&park); /* S3 pairs with S4 */

        if (order % 2 == 0 && held < HOLD && random_below(&random, 2)) {
            if (rig_get(worker->rig, worker->lcore, worker->who, objects + held, n))
                held += n;
        } else {
            n = order % 2 == 0 && n < held ? n : held;
            held -= n;
            rig_put(worker->rig, worker->lcore, worker->who, objects + held, n);
            lab_store_relaxed(&worker->moved, lab_load_relaxed(&worker->moved) + n);
        }
        if (order % 2 != 0)
            obey(worker, order);
        pause_at_random(&random);
    }
    rig_put(worker->rig, worker->lcore, worker->who, objects, held);
}

static uint64_t moved_by_others(struct worker *workers)
{
    uint64_t moved = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        if (!stopper_is_stopped(&workers[i].stopper))
            moved += lab_load_relaxed(&workers[i].moved);
    return moved;
}

static void expect_progress(struct worker *workers)
{
    uint64_t before = moved_by_others(workers);

    sleep_ms(SLOT_MS);
    wait_until(moved_by_others(workers) > before);
}

static void expect_drain(struct rig *rig, struct worker *workers, uint32_t stopped, uint32_t lcore)
{
    static void *objects[COUNT];
    uint64_t order = lab_load_relaxed(&park) + 1;
    uint32_t held = 0, got;

    lab_store_release(&park, order); /* S4 */
    for (unsigned i = 0; i < WORKERS; i++)
        while (!stopper_is_stopped(&workers[i].stopper) &&
               lab_load_acquire(&workers[i].parked) != order) /* S2 */
            sleep_ms(0.05);
    got = rig_drain(rig, lcore, WORKERS + 1, objects, BULK);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint64_t owner = lab_load_relaxed(&rig->objects[i].owner);

        held += owner != 0 && owner != WORKERS + 1;
    }
    expect(got + held <= COUNT, "%u got and %u held", got, held);
    expect(COUNT - got - held <= stopped * rig_in_motion(rig, BULK),
           "%u could be had and %u are held: %u are missing, with %u stopped", got, held,
           COUNT - got - held, stopped);
    rig_put(rig, lcore, WORKERS + 1, objects, got);
    lab_store_release(&park, order + 1); /* S4 */
}

static void stop_some(struct rig *rig, struct worker *workers, uint64_t *random, unsigned round)
{
    uint32_t n = 1 + random_below(random, MOST_STOPPED);
    unsigned first = random_below(random, WORKERS);

    for (uint32_t i = 0; i < n; i++) {
        struct worker *worker = &workers[(first + i) % WORKERS];

        stopper_stop(&worker->stopper, &worker->actor);
    }
    if (round % LONG_EVERY == 0)
        expect_progress(workers);
    expect_drain(rig, workers, n, round % 2 ? DRAINING : LAB_LCORE_ANY);
    for (uint32_t i = 0; i < n; i++) {
        stopper_go(&workers[(first + i) % WORKERS].stopper);
    }
}

int main(void)
{
    static struct worker workers[WORKERS];
    unsigned rounds = 0;
    uint64_t random;
    struct rig *rig;
    double end;

    stress_begin("stopped");
    random = stress_seed;
    end = now_seconds() + stress_seconds(2.5);
    rig = rig_map((struct lab_pool_options){.count = COUNT}, THREADS);
    rig_fill(rig, DRAINING);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] =
            (struct worker){.rig = rig, .who = i + 1, .lcore = i < WORKERS - 1 ? i : LAB_LCORE_ANY};
        stopper_make(&workers[i].stopper);
        actor_start(&workers[i].actor, THREADS, work, &workers[i]);
    }
    sleep_ms(10); /* all obey by the time that the first signal comes */
    for (; now_seconds() < end; rounds++) {
        sleep_ms(random_below(&random, 20) / 10.0);
        stop_some(rig, workers, &random, rounds);
    }
    lab_store_relaxed(&over, 1);
    for (unsigned i = 0; i < WORKERS; i++)
        actor_join(&workers[i].actor);
    rig_expect_all_free(rig);
    printf("%u stops\n", rounds);
    return 0;
}
