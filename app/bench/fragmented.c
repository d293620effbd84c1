/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "mix.h"
#include "occupancy.h"
#include "page_calls.h"
#include "pattern.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* How much of what is free can still be had in the largest pieces, after long use: runs come and
 * go at random while 90 % are held, then a random half of them is given back. Of what is free
 * then, which share do requests of the largest order get?
 *
 * One lcore works until it is done, however long the turn is meant to be. Each round draws other
 * numbers, which are the same for all. */

#define FULL_PERCENT 90
#define CHURN 2 /* times as many pages as there are, before it counts */
#define LARGEST (LAB_PAGE_ORDERS - 1)

struct churn {
    const struct contender *contender;
    uint32_t lcore;
    struct mix_state state;
    uint64_t used; /* pages */
    uint32_t n;    /* runs held */
    double share;  /* what comes of it */
    struct occupant held[];
};

static bool take(struct churn *churn, unsigned order)
{
    struct occupant *next = &churn->held[churn->n];

    if (!page_get(churn->contender, churn->contender->kind, churn->lcore, order, &next->object))
        return false;
    next->order = order;
    churn->used += UINT64_C(1) << order;
    churn->n++;
    return true;
}

static void give_any(struct churn *churn)
{
    struct occupant *any = &churn->held[mix_below(&churn->state, churn->n)];

    page_put(churn->contender, churn->contender->kind, churn->lcore, any->object, any->order);
    churn->used -= UINT64_C(1) << any->order;
    *any = churn->held[--churn->n];
}

/* Returns the number of runs that were taken. */
static uint64_t come_and_go(struct churn *churn, const struct setting *setting)
{
    uint64_t limit = (uint64_t)setting->bufs * FULL_PERCENT / 100;
    uint64_t pages = (uint64_t)setting->bufs * CHURN + limit, ops = 0;

    while (pages > 0) {
        unsigned order = mix_order(setting->pattern->mix, &churn->state);
        uint64_t size = UINT64_C(1) << order;

        while (churn->used + size > limit && churn->n > 0)
            give_any(churn);
        if (churn->used + size <= limit && take(churn, order))
            ops++;
        else if (churn->n > 0)
            give_any(churn);
        pages -= RTE_MIN(pages, size); /* also of what was not to be had, so that it ends */
    }
    return ops;
}

static uint64_t work(struct worker *worker)
{
    const struct setting *setting = worker->turn->setting;
    struct churn *churn = worker->turn->state;
    uint64_t half, free_pages, ops;
    uint32_t whole = 0;

    churn->lcore = worker->lcore;
    ops = come_and_go(churn, setting);
    half = churn->used / 2;
    while (churn->used > half)
        give_any(churn);
    free_pages = setting->bufs - churn->used;
    while (take(churn, LARGEST))
        whole++;
    churn->share = (double)whole * LAB_BLOCK_PAGES / (double)free_pages;
    while (churn->n > 0)
        give_any(churn);
    return ops;
}

static int set_up(struct turn *turn)
{
    struct churn *churn = malloc(sizeof(*churn) + turn->setting->bufs * sizeof(struct occupant));

    if (churn == NULL)
        return -ENOMEM;
    *churn = (struct churn){
        .contender = turn->contender,
        .state = mix_seed(turn->round),
        .share = NAN,
    };
    turn->state = churn;
    return 0;
}

static void collect(struct turn *turn, double values[MEASURES])
{
    const struct churn *churn = turn->state;

    values[MEASURE_LARGEST] = churn->share;
    free(turn->state);
}

#define PAGE_FRAGMENTED(suffix, orders, kind)                                                      \
    const struct pattern page_fragmented_##suffix = {                                              \
        .name = "page-fragmented-" #suffix,                                                        \
        .shows = "after long use at 90 %: what can be had in runs of 2 MiB; " orders,              \
        .operation = "runs got and put back before; ranked: what order 9 gets of the free pages",  \
        .bulk = LIST(1),                                                                           \
        .cache = LIST(0),                                                                          \
        .lcores = LIST(1),                                                                         \
        .bufs = LIST(UINT32_C(1) << 19),                                                           \
        .takes = CONTENDER_BIT(CONTENDER_ZONE) | CONTENDER_BIT(CONTENDER_BUDDY),                   \
        .single = true,                                                                            \
        .pages = true,                                                                             \
        .most = 1,                                                                                 \
        .mix = kind,                                                                               \
        .measures = MEASURE_BIT(MEASURE_LARGEST),                                                  \
        .ranked = MEASURE_LARGEST,                                                                 \
        .set_up = set_up,                                                                          \
        .collect = collect,                                                                        \
        .work = work,                                                                              \
    }

PAGE_FRAGMENTED(pages, "as many pages in each size", MIX_PAGES);
PAGE_FRAGMENTED(singles, "mostly single pages", MIX_SINGLES);
PAGE_FRAGMENTED(counts, "each size as often", MIX_COUNTS);
