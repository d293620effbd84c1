/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Processes share a zone, or an arena, and are killed at random, and swept while the others go on.
 * Nobody hangs, and no page is held twice. A death costs at most the one allocation that was on its
 * way between the zone and the dead one's list; in an arena also a burst that was on its way
 * between the zone and a deque, or two deques. */

#include "page_rig.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <zone_invariants.h>

enum {
    CHILDREN = 4,
    PARENT = CHILDREN,
    BLOCKS = 60,
    SCARCE = 12,
    HOLD = 40,
    DEATHS_PER_AUDIT = 24
};

/* In shared memory, so that the parent knows what a dead child held. An allocation is written there
 * before its pages are marked, and taken out after they no longer are. */
struct record {
    lab_atomic_t held[HOLD]; /* page and order + 1, or 0 */
    lab_atomic_t operations;
};

struct child {
    struct page_rig *rig;
    struct record *record;
    uint64_t who;
    uint32_t lcore;
    uint64_t seed;
    struct actor actor;
};

static struct page_held held_of(uint64_t entry)
{
    return (struct page_held){(uint32_t)(entry >> 8), (unsigned)(entry & 0xff) - 1};
}

static void live(void *argument)
{
    struct child *child = argument;
    struct page_rig *rig = child->rig;
    uint64_t random = child->seed;

    for (;;) {
        lab_atomic_t *entry = &child->record->held[random_below(&random, HOLD)];
        struct page_held held = held_of(lab_load_relaxed(entry));

        if (lab_load_relaxed(entry) != 0) {
            page_rig_unmark(rig, child->who, held);
            lab_store_release(entry, 0);
            expect(page_rig_free(rig, child->lcore, held) == 0, "a free failed");
        } else {
            held.order = page_rig_order(&random);
            if (page_rig_alloc(rig, child->lcore, held.order, &random, &held.page) == 0) {
                lab_store_release(entry, (uint64_t)held.page << 8 | (held.order + 1));
                page_rig_mark(rig, child->who, held);
            }
        }
        lab_store_relaxed(&child->record->operations,
                          lab_load_relaxed(&child->record->operations) + 1);
    }
}

static void bear(struct child *child, uint64_t *random)
{
    child->seed = random_next(random);
    actor_start(&child->actor, PROCESSES, live, child);
}

static void put_back(struct child *child, lab_atomic_t *entry)
{
    struct page_held held = held_of(lab_load_relaxed(entry));
    struct page_rig *rig = child->rig;

    if (lab_load_relaxed(entry) == 0)
        return;
    for (uint32_t page = held.page; page < held.page + (1u << held.order); page++) {
        uint64_t owner = lab_load_relaxed(&rig->owner[page]);

        expect(owner == 0 || owner == child->who, "%llu holds page %u of the dead",
               (unsigned long long)owner, page);
        rig->plain[page] = 0;
        lab_store_relaxed(&rig->owner[page], 0);
    }
    lab_store_relaxed(entry, 0);
    expect(page_rig_free(rig, PARENT, held) == 0, "what the dead held was not held");
}

/* Every second time there are few blocks, so that requests fail, and deques are emptied; otherwise
 * there are plenty, and these are at work. */
static void make_scarce(struct page_rig *rig, uint64_t *random, uint32_t *ret_blocks)
{
    for (unsigned i = 0; i < BLOCKS - SCARCE; i++)
        expect(page_rig_alloc(rig, PARENT, LAB_PAGE_ORDERS - 1, random, &ret_blocks[i]) == 0,
               "an empty zone has no block");
}

static void make_plenty(struct page_rig *rig, const uint32_t *blocks)
{
    for (unsigned i = 0; i < BLOCKS - SCARCE; i++)
        expect(page_rig_free(rig, PARENT, (struct page_held){blocks[i], LAB_PAGE_ORDERS - 1}) == 0,
               "a free failed");
}

/* Kills a child, sweeps it, and puts back what it held. */
static void wait_for_dead(struct child *child)
{
    int status;

    kill(child->actor.child, SIGKILL);
    expect(waitpid(child->actor.child, &status, 0) == child->actor.child, "cannot wait");
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a child failed");
    page_rig_sweep(child->rig, child->lcore);
    for (unsigned i = 0; i < HOLD; i++)
        put_back(child, &child->record->held[i]);
}

/* All children are dead: what is not free now is what was on its way. Returns how many allocations
 * that are, and frees them. */
static unsigned audit(struct page_rig *rig)
{
    uint8_t *order = malloc(rig->pages);
    const char *wrong;
    unsigned lost = 0;

    expect(order != NULL, "no memory");
    if (rig->arena != NULL)
        page_rig_sweep(rig, PARENT); /* which empties the parent's own deques too */
    wrong = zone_wrong(rig->part, false, order);
    expect(wrong == NULL, "%s", wrong);
    for (uint32_t page = 0; page < rig->pages; page++)
        if (order[page] != 0 && order[page] != ZONE_TAIL) {
            rig->plain[page] = 0;
            expect(page_rig_free(rig, LAB_LCORE_ANY, (struct page_held){page, order[page] - 1u}) ==
                       0,
                   "a free failed");
            lost++;
        }
    free(order);
    page_rig_expect_all_free(rig);
    return lost;
}

int main(int argc, char **argv)
{
    bool arena = argc > 1 && strcmp(argv[1], "arena") == 0;
    unsigned deaths = 0, lost = 0, cost = arena ? 1 + LAB_PAGE_MOVING_MAX : 1;
    struct child children[CHILDREN];
    struct record *records;
    uint64_t random, operations = 0;
    struct page_rig *rig;
    double end;

    skip_processes_under_tsan();
    stress_begin("pages_killed");
    random = stress_seed;
    end = now_seconds() + stress_seconds(2.5);
    rig =
        arena ? page_rig_map_arena(BLOCKS, CHILDREN + 1, true) : page_rig_map(BLOCKS, CHILDREN + 1);
    records = stress_map(CHILDREN * sizeof(*records));
    for (unsigned i = 0; i < CHILDREN; i++) /* the last one is the only thread without an id */
        children[i] = (struct child){.rig = rig,
                                     .record = &records[i],
                                     .who = i + 1,
                                     .lcore = i < CHILDREN - 1 ? i : LAB_LCORE_ANY};
    for (bool scarce = true; now_seconds() < end; scarce = !scarce) {
        unsigned before = deaths, missing;
        uint32_t blocks[BLOCKS];

        if (scarce)
            make_scarce(rig, &random, blocks);

        for (unsigned i = 0; i < CHILDREN; i++)
            bear(&children[i], &random);
        while (deaths - before < DEATHS_PER_AUDIT) {
            struct child *child = &children[random_below(&random, CHILDREN)];

            sleep_ms(random_below(&random, 20) / 10.0);
            wait_for_dead(child);
            bear(child, &random);
            deaths++;
        }
        for (unsigned i = 0; i < CHILDREN; i++, deaths++)
            wait_for_dead(&children[i]);
        if (scarce)
            make_plenty(rig, blocks);
        missing = audit(rig);
        expect(missing <= (deaths - before) * cost, "%u deaths cost %u allocations",
               deaths - before, missing);
        lost += missing;
    }
    for (unsigned i = 0; i < CHILDREN; i++)
        operations += lab_load_relaxed(&children[i].record->operations);
    printf("%u deaths cost %u allocations that were on their way, in %llu operations\n", deaths,
           lost, (unsigned long long)operations);
    return 0;
}
