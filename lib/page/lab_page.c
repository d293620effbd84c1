/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Requests: which zones they try, and how far each class may go. */

#include <errno.h>
#include <lab_page_zone.h>
#include <string.h>

/* One request under way: what it has got so far lands in `pages`. */
struct gathering {
    struct lab_page_request request;
    const struct lab_page_zone *home;
    void **pages;
    unsigned want;
    unsigned got;
};

static bool is_complete(const struct gathering *g)
{
    return g->got == g->want;
}

/* Every zone down to a mark, or (LAB_PAGE_MARKS) to the last page. */
static bool take_down_to(struct gathering *g, unsigned mark)
{
    struct lab_arena *arena = g->request.arena;

    for (uint32_t i = 0; i < arena->zones && !is_complete(g); i++) {
        struct lab_page_zone *zone = &arena->zone[g->home->next[i]];

        g->got +=
            lab_page_zone_take(&g->request, zone, mark < LAB_PAGE_MARKS ? zone->mark[mark] : 0,
                               g->pages + g->got, g->want - g->got);
    }
    return is_complete(g);
}

static bool take_reserve(struct gathering *g)
{
    struct lab_arena *arena = g->request.arena;

    for (uint32_t i = 0; i < arena->zones && !is_complete(g); i++)
        g->got += lab_page_zone_take_reserve(&g->request, &arena->zone[g->home->next[i]],
                                             g->pages + g->got, g->want - g->got);
    return is_complete(g);
}

/* What the request's class may have. */
static bool take(struct gathering *g)
{
    if (take_down_to(g, LAB_PAGE_LOW))
        return true;
    if (g->request.gfp & LAB_GFP_ATOMIC)
        return take_down_to(g, LAB_PAGE_MARKS) || take_reserve(g);
    if (g->request.gfp & LAB_GFP_WAIT)
        return take_down_to(g, LAB_PAGE_MIN);
    return false;
}

/* The memory is given out now. */
static void hand_over(unsigned order, unsigned gfp, void **pages, unsigned n)
{
    if (gfp & (LAB_GFP_ZERO | LAB_GFP_EXCLUSIVE))
        for (unsigned i = 0; i < n; i++)
            memset(pages[i], 0, LAB_PAGE_BYTES << order);
}

static uint32_t home_of(const struct lab_arena *arena, uint32_t lcore)
{
    return lcore < arena->lcores ? arena->home[lcore] : 0;
}

static bool is_lcore(const struct lab_arena *arena, uint32_t lcore)
{
    return lcore < arena->lcores || lcore == LAB_LCORE_ANY;
}

static int fail(struct gathering *g)
{
    struct lab_arena *arena = g->request.arena;
    unsigned done;

    (void)lab_page_zone_give(arena, g->request.lcore, g->request.order, g->pages, g->got, &done);
    if (!(g->request.gfp & LAB_GFP_NOWARN))
        lab_page_zone_tell(arena, &arena->zone[home_of(arena, g->request.lcore)], LAB_PAGE_FAILED);
    return -ENOMEM;
}

int lab_page_alloc_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order, unsigned gfp,
                        void **ret_pages, unsigned n)
{
    void *pages[LAB_PAGE_BULK_MAX];
    struct gathering g = {.request = {arena, lcore, order, gfp}, .pages = pages, .want = n};

    if (!is_lcore(arena, lcore) || order >= LAB_PAGE_ORDERS || !lab_gfp_is_valid(gfp) ||
        n > LAB_PAGE_BULK_MAX)
        return -EINVAL;
    g.home = &arena->zone[home_of(arena, lcore)];
    if (!take(&g))
        return fail(&g);
    hand_over(order, gfp, pages, n);
    memcpy(ret_pages, pages, n * sizeof(*pages));
    return 0;
}

int lab_page_free_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order, void *const *pages,
                       unsigned n, unsigned *ret_n)
{
    unsigned done = 0;
    int rc = -EINVAL;

    if (is_lcore(arena, lcore) && order < LAB_PAGE_ORDERS)
        rc = lab_page_zone_give(arena, lcore, order, pages, n, &done);
    if (ret_n != NULL)
        *ret_n = done;
    return rc;
}

int lab_arena_prefer(struct lab_arena *arena, uint32_t lcore, int node)
{
    if (lcore >= arena->lcores)
        return -EINVAL;
    for (uint32_t i = 0; i < arena->zones; i++)
        if (node == LAB_NODE_ANY || arena->zone[i].node == node) {
            arena->home[lcore] = (uint8_t)i;
            return 0;
        }
    return -ENOENT;
}

int lab_arena_sweep(struct lab_arena *arena, uint32_t dead)
{
    for (uint32_t i = 0; i < arena->zones; i++)
        for (int part = 0; part < LAB_PAGE_PARTS; part++) {
            struct lab_zone *zone = arena->zone[i].part[part];
            int rc = zone != NULL ? lab_zone_sweep(zone, dead) : 0;

            if (rc != 0)
                return rc;
        }
    return 0;
}
