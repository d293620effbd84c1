/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "occupancy.h"

#include "mix.h"
#include "page_calls.h"
#include "pattern.h"

#include <stdlib.h>

/* Runs that one without a limit of its own holds: rte_malloc() looks through a list that grows
 * with each. */
#define UNLIMITED_RUNS 2048u

static uint32_t limit_pages(const struct contender *contender, const struct setting *setting)
{
    unsigned mix = setting->pattern->mix;
    uint32_t pages = UNLIMITED_RUNS << (mix < LAB_PAGE_ORDERS ? mix : 0);

    if (contender->kind != CONTENDER_MALLOC && contender->kind != CONTENDER_SYSTEM)
        return setting->bufs;
    pages = RTE_MIN(pages, CONTENDER_PAGES_HELD_BYTES / CONTENDER_PAGE_BYTES);
    return RTE_MIN(pages, setting->bufs);
}

static bool take(struct occupancy *occupancy, const struct contender *contender, unsigned order,
                 uint32_t *used, uint32_t limit)
{
    struct occupant next = {.order = order};

    if (*used + (1u << order) > limit ||
        !page_get(contender, contender->kind, rte_lcore_id(), order, &next.object))
        return false;
    *used += 1u << order;
    occupancy->held[occupancy->n++] = next;
    return true;
}

bool occupancy_fill(struct occupancy *ret_occupancy, const struct contender *contender,
                    const struct setting *setting)
{
    uint32_t limit = limit_pages(contender, setting), used = 0;
    uint32_t goal = (uint32_t)((uint64_t)limit * setting->occupancy / 100);
    struct occupancy all = {0};
    struct mix_state state = mix_seed(setting->occupancy);

    *ret_occupancy = all;
    if (setting->occupancy == 0)
        return true;
    all.held = malloc(limit * sizeof(*all.held));
    if (all.held == NULL)
        return false;
    while (take(&all, contender, mix_order(setting->pattern->mix, &state), &used, limit))
        ;
    while (used > goal) {
        struct occupant *any = &all.held[mix_below(&state, all.n)];

        page_put(contender, contender->kind, rte_lcore_id(), any->object, any->order);
        used -= 1u << any->order;
        *any = all.held[--all.n];
    }
    /* The last pages that were given back would otherwise rest with this lcore, which works no
     * more. */
    if (contender->kind == CONTENDER_PAGE)
        (void)lab_arena_prefer(contender->arena, rte_lcore_id(), LAB_NODE_ANY);
    *ret_occupancy = all;
    return true;
}

void occupancy_release(struct occupancy *occupancy, const struct contender *contender)
{
    while (occupancy->n > 0) {
        const struct occupant *last = &occupancy->held[--occupancy->n];

        page_put(contender, contender->kind, rte_lcore_id(), last->object, last->order);
    }
    free(occupancy->held);
    occupancy->held = NULL;
}
