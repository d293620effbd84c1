/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Nobody does anything wrong, and the audit at level full, with all that it can look for, says
 * nothing: eight threads on two CPUs get and put, and hand over, while a ninth now and then
 * reclaims what nobody lost. With a number as argument, that number of calls. */

#include "stress.h"
#include <lab_audit_report.h>
#include <lab_intercept.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_ALL = 8, ALONE = 4, COUNT = 4095, BYTES = 128, BULK = 8, HOLD = 64, BOX = 64 };
enum { RECLAIMER = 100 };

/* The pages that one thread of a pair hands to the other, 0 where there is nothing. */
struct pair {
    lab_atomic_t box[BOX];
};

struct worker {
    unsigned number;
    uint32_t lcore;
    struct pair *pair;
    bool gives; /* of the pair */
    uint64_t calls;
};

static struct lab_pool *pool;
static lab_atomic_t calls, over;
static struct pair pairs[(THREADS_ALL - ALONE) / 2];

static void reported(const struct lab_audit_entry *entry)
{
    stress_fail(__FILE__, __LINE__, "object %u: %s", entry->index,
                lab_audit_fault_text(entry->fault));
}

static bool get(struct worker *self, void **ret_objects, unsigned n)
{
    if (lab_pool_get_bulk(pool, self->lcore, ret_objects, n) != 0)
        return false;
    for (unsigned i = 0; i < n; i++)
        memset(ret_objects[i], (int)self->number, BYTES);
    return true;
}

static void put(const struct worker *self, void *const *objects, unsigned n)
{
    expect(lab_pool_put_bulk(pool, self->lcore, objects, n) == 0, "a put was refused");
}

/* Counts calls now and then; false when there have been enough. */
static bool go_on(struct worker *self)
{
    if (++self->calls % 1024 != 0)
        return true;
    lab_fetch_add_relaxed(&calls, 1024);
    return lab_load_relaxed(&over) == 0;
}

static void work_alone(struct worker *self)
{
    uint64_t random = stress_seed + self->number;
    void *objects[HOLD + BULK];
    unsigned held = 0;

    while (go_on(self)) {
        unsigned n = 1 + random_below(&random, BULK);

        if (held < HOLD && random_below(&random, 2)) {
            held += get(self, objects + held, n) ? n : 0;
        } else {
            n = n < held ? n : held;
            held -= n;
            put(self, objects + held, n);
        }
    }
    put(self, objects, held);
}

static void give(struct worker *self)
{
    uint32_t to = self->lcore + 1;
    unsigned at = 0;
    void *object;

    while (go_on(self)) {
        lab_atomic_t *place = &self->pair->box[at % BOX];

        if (lab_load_acquire(place) != 0 || !get(self, &object, 1)) {
            sched_yield();
            continue;
        }
        expect(lab_pool_transfer(pool, self->lcore, &object, 1, to, 0) == 0,
               "a hand-over was refused");
        lab_store_release(place, (uint64_t)(uintptr_t)object);
        at++;
    }
}

static void receive(struct worker *self)
{
    for (unsigned at = 0, none = 0; go_on(self) || none < BOX;) {
        lab_atomic_t *place = &self->pair->box[at % BOX];
        void *object = (void *)(uintptr_t)lab_load_acquire(place);

        if (object == NULL) {
            none++;
            sched_yield();
            continue;
        }
        put(self, &object, 1);
        lab_store_release(place, 0);
        at++;
        none = 0;
    }
}

static void work(void *argument)
{
    struct worker *self = argument;

    if (self->pair == NULL)
        work_alone(self);
    else if (self->gives)
        give(self);
    else
        receive(self);
}

/* While all live and hold what they have got. */
static void reclaim(void)
{
    const struct lab_pool_holder dead = {.process = 0, .lcore = LAB_LCORE_ANY};
    struct lab_pool_reclaimed reclaimed;
    struct lab_error error;

    expect(lab_pool_reclaim(pool, RECLAIMER, &dead, NULL, NULL, &reclaimed, &error) == 0, "%s",
           error.message);
    expect(reclaimed.held == 0 && reclaimed.in_motion == 0, "%u objects of the living were taken",
           reclaimed.held + reclaimed.in_motion);
}

static void create(void)
{
    const struct lab_pool_options options = {
        .name = "clean",
        .count = COUNT,
        .buffer_bytes = BYTES,
        .node = LAB_NODE_ANY,
        .pages = LAB_PAGES_NORMAL,
        .audit = {.level = LAB_AUDIT_FULL, .stated = true, .poison = true, .quarantine = 256}};
    struct lab_error error;

    expect(lab_pool_create(&options, &pool, &error) == 0, "%s", error.message);
    lab_audit_report_to(reported, 0);
}

/* Takes what givers left behind when the receivers had ended. */
static void empty_boxes(const struct worker *workers)
{
    for (unsigned i = ALONE + 1; i < THREADS_ALL; i += 2)
        for (unsigned at = 0; at < BOX; at++) {
            void *object = (void *)(uintptr_t)lab_load_acquire(&workers[i].pair->box[at]);

            if (object != NULL)
                put(&workers[i], &object, 1);
        }
}

int main(int argc, char **argv)
{
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    struct worker workers[THREADS_ALL] = {0};
    struct actor actors[THREADS_ALL];
    struct lab_pool_audit_stats stats;
    unsigned sweeps = 0;
    double end;

    stress_begin("clean");
    end = now_seconds() + stress_seconds(2);
    create();
    for (unsigned i = 0; i < THREADS_ALL; i++) {
        workers[i] = (struct worker){.number = i + 1, .lcore = i == 0 ? LAB_LCORE_ANY : i};
        if (i >= ALONE) {
            workers[i].pair = &pairs[(i - ALONE) / 2];
            workers[i].gives = i % 2 == 0;
        }
        actor_start(&actors[i], THREADS, work, &workers[i]);
    }
    for (; wanted > 0 ? lab_load_relaxed(&calls) < wanted : now_seconds() < end; sweeps++) {
        sleep_ms(100);
        reclaim();
    }
    lab_store_relaxed(&over, 1);
    for (unsigned i = 0; i < THREADS_ALL; i++)
        actor_join(&actors[i]);
    empty_boxes(workers);
    lab_pool_audit_stats(pool, &stats);
    for (unsigned i = 0; i < LAB_AUDIT_FAULTS; i++)
        expect(stats.faults[i] == 0, "%llu times: %s", (unsigned long long)stats.faults[i],
               lab_audit_fault_text((enum lab_audit_fault)i));
    expect(lab_pool_report_leaks(pool, NULL) == 0 && lab_pool_count(pool) == COUNT,
           "%u of %u are free", lab_pool_count(pool), (unsigned)COUNT);
    expect(lab_pool_destroy(pool) == 0, "cannot destroy the pool");
    printf("%llu calls and %u sweeps, and nothing to report\n",
           (unsigned long long)lab_load_relaxed(&calls), sweeps);
    return 0;
}
