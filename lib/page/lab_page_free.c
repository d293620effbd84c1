/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Puts: into the caller's deque, or back to the zone. */

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_page_clean.h>

static LAB_NOINLINE int free_bulk(const struct lab_page_request *request, void *const *pages,
                                  unsigned n, unsigned *ret_done)
{
    struct lab_arena *arena = request->arena;

    if (lab_deque_set_shortage(&arena->set) != 0) {
        lab_arena_cache_note_put(arena, request->lcore + 1);
    } else if (lab_arena_cache_serves(arena, request->order, n) &&
               lab_arena_cache_put(request, pages, n)) {
        *ret_done = n;
        return 0;
    }
    return lab_arena_give(request, pages, n, ret_done);
}

LAB_NOINLINE int lab_page_free_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                    void *const *pages, unsigned n, unsigned *ret_n)
{
    const struct lab_page_request request = {arena, lcore, order, .gfp = 0};
    const struct lab_page_lcore *me = &arena->lcore[lcore + 1];
    unsigned done = 0;
    size_t offset;
    int rc = -EINVAL;

    if (lab_arena_has_lcore(arena, lcore) && order < LAB_PAGE_ORDERS) {
        offset = n == 1 ? (size_t)((uintptr_t)pages[0] - (uintptr_t)me->base) : SIZE_MAX;
        if (offset < me->bytes && offset % LAB_PAGE_BYTES == 0 &&
            !lab_arena_is_cached(arena, order) && lab_deque_set_shortage(&arena->set) == 0) {
            rc = lab_arena_give_one(arena, lcore, order, lab_arena_home(arena, lcore + 1), offset);
            done = rc == 0;
        } else {
            rc = free_bulk(&request, pages, n, &done);
        }
    }
    if (ret_n != NULL)
        *ret_n = done;
    return rc;
}

int lab_page_free_used(struct lab_arena *arena, uint32_t lcore, void *page, unsigned order,
                       size_t used_bytes)
{
    const struct lab_page_request request = {arena, lcore, order, .gfp = 0};
    struct lab_page_where where;

    if (!lab_arena_has_lcore(arena, lcore) || order >= LAB_PAGE_ORDERS ||
        !lab_arena_find(arena, page, &where))
        return -EINVAL;
    /* The byte is the caller's, if the page is: what is not must not be touched. */
    if (lab_arena_holds(&where, order))
        lab_page_set_used(where.zone->dirt + lab_page_number(where.zone, page, order), order,
                          used_bytes);
    return lab_arena_give(&request, &page, 1, NULL);
}
