/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "mix.h"
#include "page_calls.h"
#include "pattern.h"

#include <rte_pause.h>
#include <string.h>

/* Pages of 4 KiB and runs of them, got and put back. Nobody looks into them, so that no more is
 * measured than the allocators themselves. */

/* ---- page-order-K: a burst of one order ---- */

static __rte_always_inline uint64_t get_and_put_of(struct worker *worker, enum contender_kind kind,
                                                   unsigned order)
{
    const struct turn *turn = worker->turn;
    const struct contender contender = *turn->contender;
    unsigned held = turn->setting->held;
    uint32_t lcore = worker->lcore;
    void **objects = worker->objects;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n = 0;

        while (n < held && page_get(&contender, kind, lcore, order, &objects[n]))
            n++;
        for (unsigned i = 0; i < n; i++)
            page_put(&contender, kind, lcore, objects[i], order);
        ops += n;
        if (n == 0)
            rte_pause();
    }
    return ops;
}

/* Single pages are asked for as such, as a rule: the compiler knows their order. */
static __rte_always_inline uint64_t get_and_put(struct worker *worker, enum contender_kind kind)
{
    unsigned order = worker->turn->setting->pattern->mix;

    return order == 0 ? get_and_put_of(worker, kind, 0) : get_and_put_of(worker, kind, order);
}

/* Many in one call, which nobody else has: the arena... */
static uint64_t get_and_put_bulk(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct lab_arena *arena = turn->contender->arena;
    unsigned held = turn->setting->held, order = turn->setting->pattern->mix;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        if (lab_page_alloc_bulk(arena, worker->lcore, order, LAB_GFP_NOWAIT, worker->objects,
                                held) != 0) {
            rte_pause();
            continue;
        }
        ops += held;
        (void)lab_page_free_bulk(arena, worker->lcore, order, worker->objects, held, NULL);
    }
    return ops;
}

/* ...and the part of a zone. */
static uint64_t get_and_put_zone_bulk(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct lab_zone_part *part = turn->contender->part;
    uint32_t *pages = (uint32_t *)worker->objects;
    unsigned held = turn->setting->held, order = turn->setting->pattern->mix;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n;

        if (lab_zone_alloc_bulk(part, worker->lcore, order, LAB_ZONE_SHORT, pages, held, &n) != 0) {
            rte_pause();
            continue;
        }
        ops += n;
        (void)lab_zone_free_bulk(part, worker->lcore, order, pages, n, &n);
    }
    return ops;
}

static uint64_t work_order(struct worker *worker)
{
    const struct setting *setting = worker->turn->setting;

    switch (worker->turn->contender->kind) {
    case CONTENDER_PAGE:
        if (setting->held > 1 && setting->held <= LAB_PAGE_BULK_MAX)
            return get_and_put_bulk(worker);
        return get_and_put(worker, CONTENDER_PAGE);
    case CONTENDER_ZONE:
        if (setting->held > 1)
            return get_and_put_zone_bulk(worker);
        return get_and_put(worker, CONTENDER_ZONE);
    case CONTENDER_MALLOC:
        return get_and_put(worker, CONTENDER_MALLOC);
    case CONTENDER_SYSTEM:
        return get_and_put(worker, CONTENDER_SYSTEM);
    default:
        return 0;
    }
}

/* ---- page-mixed: all orders, coming and going ---- */

#define WINDOW 64    /* runs that come and go */
#define SCRIPT 4096u /* what happens, drawn beforehand: random numbers cost time */

struct step {
    uint8_t slot;
    uint8_t order;
};

static __rte_always_inline uint64_t come_and_go(struct worker *worker, enum contender_kind kind,
                                                const struct step script[SCRIPT])
{
    const struct turn *turn = worker->turn;
    const struct contender *contender = turn->contender;
    int8_t orders[WINDOW]; /* of what is held in each slot, or -1 */
    uint64_t ops = 0;

    memset(orders, -1, sizeof(orders));
    for (unsigned i = 0; !turn_is_over(worker); i = (i + 1) % SCRIPT) {
        unsigned slot = script[i].slot;
        void **object = &worker->objects[slot];

        if (orders[slot] >= 0) {
            page_put(contender, kind, worker->lcore, *object, (unsigned)orders[slot]);
            orders[slot] = -1;
        } else if (page_get(contender, kind, worker->lcore, script[i].order, object)) {
            orders[slot] = (int8_t)script[i].order;
            ops++;
        }
    }
    for (unsigned slot = 0; slot < WINDOW; slot++) {
        if (orders[slot] >= 0)
            page_put(contender, kind, worker->lcore, worker->objects[slot], (unsigned)orders[slot]);
    }
    return ops;
}

static uint64_t work_mixed(struct worker *worker)
{
    struct mix_state state = mix_seed(worker->index);
    struct step script[SCRIPT];

    for (unsigned i = 0; i < SCRIPT; i++) {
        script[i].slot = (uint8_t)mix_below(&state, WINDOW);
        script[i].order = (uint8_t)mix_order(worker->turn->setting->pattern->mix, &state);
    }
    switch (worker->turn->contender->kind) {
    case CONTENDER_PAGE:
        return come_and_go(worker, CONTENDER_PAGE, script);
    case CONTENDER_ZONE:
        return come_and_go(worker, CONTENDER_ZONE, script);
    case CONTENDER_MALLOC:
        return come_and_go(worker, CONTENDER_MALLOC, script);
    case CONTENDER_SYSTEM:
        return come_and_go(worker, CONTENDER_SYSTEM, script);
    default:
        return 0;
    }
}

/* 8 GiB, of addresses alone. */
#define PAGES (UINT32_C(1) << 21)

#define PAGE_TAKES                                                                                 \
    (CONTENDER_BIT(CONTENDER_PAGE) | CONTENDER_BIT(CONTENDER_ZONE) |                               \
     CONTENDER_BIT(CONTENDER_MALLOC) | CONTENDER_BIT(CONTENDER_SYSTEM))

#define PAGE_ORDER(k, size)                                                                        \
    const struct pattern page_order_##k = {                                                        \
        .name = "page-order-" #k,                                                                  \
        .shows = "runs of " size ", single and in bursts, from an empty zone and a full one",      \
        .operation = "runs of pages got and put back",                                             \
        .bulk = LIST(1, 512),                                                                      \
        .cache = LIST(0),                                                                          \
        .chunk_us = 50,                                                                            \
        .lcores = LIST(1),                                                                         \
        .bufs = LIST(PAGES),                                                                       \
        .occupancy = LIST(0, 90),                                                                  \
        .takes = PAGE_TAKES,                                                                       \
        .pages = true,                                                                             \
        .mix = k,                                                                                  \
        .crowd = CROWD_NEEDED,                                                                     \
        .work = work_order,                                                                        \
    }

PAGE_ORDER(0, "4 KiB");
PAGE_ORDER(1, "8 KiB");
PAGE_ORDER(2, "16 KiB");
PAGE_ORDER(3, "32 KiB");
PAGE_ORDER(4, "64 KiB");
PAGE_ORDER(5, "128 KiB");
PAGE_ORDER(6, "256 KiB");
PAGE_ORDER(7, "512 KiB");
PAGE_ORDER(8, "1 MiB");
PAGE_ORDER(9, "2 MiB");

const struct pattern page_mixed = {
    .name = "page-mixed",
    .shows = "runs of all sizes, as many pages in each, come and go in random order",
    .operation = "runs of pages got and put back",
    .bulk = LIST(1),
    .cache = LIST(0),
    .lcores = LIST(1),
    .bufs = LIST(PAGES),
    .occupancy = LIST(0, 90),
    .held = WINDOW,
    .takes = PAGE_TAKES,
    .single = true,
    .pages = true,
    .mix = MIX_PAGES,
    .crowd = CROWD_NEEDED,
    .work = work_mixed,
};
