/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Eight threads, some without an id and more of these than have a place, get and put pages of all
 * orders and hand them to each other, while some of them are stopped by a signal wherever they
 * happen to be. The others go on; no page is ever held twice; and at the end all are free. */

#include "page_rig.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 8, LCORES = 5, PLACES = 2, BLOCKS = 24, HOLD = 40, BULK = 48, BOXES = 64 };
enum { MOST_STOPPED = 4, LONG_EVERY = 16 };

struct worker {
    struct page_rig *rig;
    uint64_t who;
    uint32_t lcore;
    struct actor actor;
    struct page_held held[HOLD + BULK];
    unsigned n;
    lab_atomic_t moved;
    struct stopper stopper;
};

static lab_atomic_t over;

/* Allocations on their way from one thread to another: page, order and who put it there. */
static lab_atomic_t boxes[BOXES];

static void hold(struct worker *worker, uint32_t page, unsigned order)
{
    struct page_held held = {page, order};

    page_rig_mark(worker->rig, worker->who, held);
    worker->held[worker->n++] = held;
}

static void get(struct worker *worker, uint64_t *random)
{
    unsigned order = page_rig_order(random);
    uint32_t page;
    int rc = page_rig_alloc(worker->rig, worker->lcore, order, random, &page);

    expect(rc == 0 || rc == -ENOMEM, "an allocation returned %d", rc);
    if (rc == 0)
        hold(worker, page, order);
}

static void get_bulk(struct worker *worker, uint64_t *random)
{
    unsigned n = 0, order = page_rig_order(random);
    uint32_t pages[BULK];
    int rc = page_rig_alloc_bulk(worker->rig, worker->lcore, order, random, pages,
                                 1 + random_below(random, BULK >> order / 2), &n);

    expect(rc == 0 || rc == -ENOMEM, "a bulk allocation returned %d", rc);
    for (unsigned i = 0; i < n; i++)
        hold(worker, pages[i], order);
}

static struct page_held let_go(struct worker *worker, unsigned index)
{
    struct page_held held = worker->held[index];

    worker->held[index] = worker->held[--worker->n];
    page_rig_unmark(worker->rig, worker->who, held);
    return held;
}

static void put(struct worker *worker, unsigned index)
{
    struct page_held held = let_go(worker, index);
    int rc = page_rig_free(worker->rig, worker->lcore, held);

    expect(rc == 0, "a free returned %d", rc);
}

/* All of one order that it has, from the last one on. */
static void put_bulk(struct worker *worker, uint64_t *random)
{
    uint32_t pages[HOLD + BULK];
    unsigned n = 0, done, order = page_rig_order(random);

    for (unsigned i = worker->n; i-- > 0;)
        if (worker->held[i].order == order)
            pages[n++] = let_go(worker, i).page;
    expect(page_rig_free_bulk(worker->rig, worker->lcore, order, pages, n, &done) == 0 && done == n,
           "a bulk free failed");
}

/* Puts one into a box and takes what was there. */
static void hand_over(struct worker *worker, uint64_t *random)
{
    lab_atomic_t *box = &boxes[random_below(random, BOXES)];
    uint64_t mine = 0, found = lab_load_relaxed(box);

    if (worker->n > 0) {
        struct page_held held = let_go(worker, random_below(random, worker->n));

        mine = (uint64_t)held.page << 8 | (held.order + 1);
    }
    while (!lab_cas_acq_rel(box, &found, mine))
        ;
    if (found != 0)
        hold(worker, (uint32_t)(found >> 8), (unsigned)(found & 0xff) - 1);
}

static void work(void *argument)
{
    struct worker *worker = argument;
    uint64_t random = stress_seed + worker->who;

    stopper_obey(&worker->stopper);
    while (lab_load_relaxed(&over) == 0) {
        unsigned dice = random_below(&random, 16);

        if (worker->n < HOLD && dice < 6)
            get(worker, &random);
        else if (worker->n < HOLD && dice == 6)
            get_bulk(worker, &random);
        else if (dice == 7)
            put_bulk(worker, &random);
        else if (dice < 10)
            hand_over(worker, &random);
        else if (worker->n > 0)
            put(worker, random_below(&random, worker->n));
        lab_store_relaxed(&worker->moved, lab_load_relaxed(&worker->moved) + 1);
        if (random_below(&random, 1000) == 0)
            sched_yield();
    }
    while (worker->n > 0)
        put(worker, 0);
}

static uint64_t moved_by_others(struct worker *workers)
{
    uint64_t moved = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        if (!stopper_is_stopped(&workers[i].stopper))
            moved += lab_load_relaxed(&workers[i].moved);
    return moved;
}

static void stop_some(struct worker *workers, uint64_t *random, unsigned round)
{
    uint32_t n = 1 + random_below(random, MOST_STOPPED);
    unsigned first = random_below(random, WORKERS);
    uint64_t before;

    for (uint32_t i = 0; i < n; i++) {
        struct worker *worker = &workers[(first + i) % WORKERS];

        stopper_stop(&worker->stopper, &worker->actor);
    }
    before = moved_by_others(workers);
    sleep_ms(round % LONG_EVERY == 0 ? SLOT_MS : 1);
    if (round % LONG_EVERY == 0)
        wait_until(moved_by_others(workers) > before);
    for (uint32_t i = 0; i < n; i++) {
        stopper_go(&workers[(first + i) % WORKERS].stopper);
    }
}

/* Nobody is at work any longer: what is in deques goes back, as each lcore's. */
static void empty_deques(struct lab_arena *arena)
{
    for (uint32_t lcore = 0; arena != NULL && lcore < LCORES; lcore++)
        expect(lab_arena_prefer(arena, lcore, LAB_NODE_ANY) == 0, "a deque is not empty");
}

/* Pages in boxes go back, and gets of whole blocks close rows that were left open. */
static void put_the_rest(struct page_rig *rig)
{
    uint32_t page, blocks = 0;

    for (unsigned i = 0; i < BOXES; i++) {
        uint64_t found = lab_load_relaxed(&boxes[i]);

        if (found != 0)
            expect(page_rig_free(rig, 0,
                                 (struct page_held){(uint32_t)(found >> 8),
                                                    (unsigned)(found & 0xff) - 1}) == 0,
                   "a free failed");
    }
    empty_deques(rig->arena);
    if (rig->arena != NULL)
        expect(lab_level_exact(&rig->arena->zone[0].level) == 0, "the level is wrong");
    while (lab_zone_alloc(rig->part, 0, LAB_PAGE_ORDERS - 1, LAB_ZONE_SHORT, &page) == 0)
        blocks++;
    expect(blocks == BLOCKS, "%u of %u blocks can be had", blocks, BLOCKS);
    while (blocks-- > 0)
        expect(lab_zone_free(rig->part, 0, blocks * LAB_BLOCK_PAGES, LAB_PAGE_ORDERS - 1) == 0,
               "a free failed");
}

int main(int argc, char **argv)
{
    static struct worker workers[WORKERS];
    unsigned rounds = 0;
    uint64_t random, moved = 0;
    struct page_rig *rig;
    double end;

    stress_begin("pages");
    random = stress_seed;
    end = now_seconds() + stress_seconds(2.5);
    rig = argc > 1 && strcmp(argv[1], "arena") == 0 ? page_rig_map_arena(BLOCKS, LCORES, false)
                                                    : page_rig_map(BLOCKS, LCORES);
    for (unsigned i = PLACES; i < LAB_ZONE_GUESTS; i++) /* as if others were in there */
        lab_store_relaxed(&rig->part->lcore[LCORES + i].taken, 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] =
            (struct worker){.rig = rig, .who = i + 1, .lcore = i < LCORES ? i : LAB_LCORE_ANY};
        stopper_make(&workers[i].stopper);
        actor_start(&workers[i].actor, THREADS, work, &workers[i]);
    }
    sleep_ms(10); /* all obey by the time that the first signal comes */
    for (; now_seconds() < end; rounds++) {
        sleep_ms(random_below(&random, 20) / 10.0);
        stop_some(workers, &random, rounds);
    }
    lab_store_relaxed(&over, 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        actor_join(&workers[i].actor);
        moved += lab_load_relaxed(&workers[i].moved);
    }
    put_the_rest(rig);
    page_rig_expect_all_free(rig);
    printf("%u stops, %llu operations\n", rounds, (unsigned long long)moved);
    return 0;
}
