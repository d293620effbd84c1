/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Requests: where they look, and how far each class may go; and runs for set-up. */

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_page_clean.h>
#include <stdio.h>
#include <string.h>

/* Up to this number of allocations is gathered on the stack, which may be small; more in the
 * caller's array, whether the request succeeds or not. */
#define FEW LAB_PAGE_BULK_UNTOUCHED

/* In place of a class: the reserve, and nothing else. */
#define RESERVE 0u

/* Every zone in turn, down to the watermark of that class. */
static bool take_down_to(struct lab_page_request *r, unsigned class)
{
    const struct lab_zone *home = lab_arena_home(r->arena, r->lcore + 1);
    uint32_t present = lab_arena_present(r->arena);

    for (uint32_t i = 0; i < r->arena->zones && !lab_page_is_complete(r); i++) {
        struct lab_zone *zone = lab_arena_zone_at(r->arena, home->next[i]);
        void **pages = r->pages + r->got;
        unsigned n = r->want - r->got;

        if (home->next[i] >= present)
            continue;
        r->got += class == RESERVE
                      ? lab_arena_take_reserve(r, zone, pages, n)
                      : lab_arena_take(r, zone, lab_zone_kept_from(zone, class), pages, n);
    }
    return lab_page_is_complete(r);
}

static enum lab_page_kind kind_of(unsigned gfp)
{
    return gfp & (LAB_GFP_ZERO | LAB_GFP_EXCLUSIVE) ? LAB_PAGE_CLEAN : LAB_PAGE_PLAIN;
}

/* From deques near at hand, and from the own zone as long as it has plenty. Clean pages of others
 * are better than what the zone may have. */
static bool take_near(struct lab_page_request *r)
{
    enum lab_page_kind kind = kind_of(r->gfp);

    return lab_arena_cache_get_own(r, kind) ||
           lab_arena_cache_get_others(r, kind, LAB_ARENA_LAST) ||
           (kind == LAB_PAGE_CLEAN && lab_arena_cache_get_others(r, kind, LAB_ARENA_NEAR)) ||
           lab_arena_cache_refill(r, kind);
}

/* From all deques, of either kind, also the own one of the kind that was not wanted. */
static bool take_cached(struct lab_page_request *r, enum lab_arena_reach reach)
{
    for (int kind = 0; kind < LAB_PAGE_KINDS; kind++)
        if (lab_arena_cache_get_own(r, (enum lab_page_kind)kind) ||
            lab_arena_cache_get_others(r, (enum lab_page_kind)kind, reach))
            return true;
    return false;
}

/* All that the request's class may have without waiting. */
static bool take_now(struct lab_page_request *r)
{
    bool cached = lab_arena_is_cached(r->arena, r->order);

    if (cached && (take_near(r) || take_cached(r, LAB_ARENA_NEAR)))
        return true;
    if (take_down_to(r, LAB_GFP_NOWAIT) || (cached && take_cached(r, LAB_ARENA_FAR)))
        return true;
    if (r->gfp & LAB_GFP_ATOMIC)
        return take_down_to(r, LAB_GFP_ATOMIC) || take_down_to(r, RESERVE);
    if (r->gfp & LAB_GFP_WAIT)
        return take_down_to(r, LAB_GFP_WAIT);
    return false;
}

static void give_back(struct lab_page_request *r)
{
    (void)lab_arena_give(r, r->pages, r->got, NULL);
    r->got = 0;
}

/* Maps zones that were to be mapped later, each only when those before it were not enough. */
static LAB_COLD bool take_more_memory(struct lab_page_request *r)
{
    uint32_t present;

    while ((present = lab_arena_present(r->arena)) < r->arena->zones) {
        give_back(r);
        if (lab_arena_grow_beyond(r->arena, present, NULL) != 0)
            return false;
        if (take_now(r))
            return true;
    }
    return false;
}

/* A request that may wait empties all deques into the zones; twice, since pages that others were
 * moving meanwhile may have come to rest in a private part again. In a fenced arena that is no
 * system call, and every request does it. */
static bool take_for_request(struct lab_page_request *r)
{
    struct lab_arena *arena = r->arena;
    bool may_wait = (r->gfp & LAB_GFP_WAIT) != 0;

    if (lab_likely(take_now(r)))
        return true;
    for (int round = 0; round < 2; round++) {
        if (!may_wait && arena->set.barrier != LAB_BARRIER_FENCE)
            break;
        give_back(r);
        lab_deque_set_starve_any(&arena->set);
        (void)lab_arena_cache_revoke(arena, r->lcore + 1);
        lab_arena_cache_drain(arena, r->lcore);
        if (take_now(r))
            return true;
    }
    return may_wait && take_more_memory(r);
}

/* Zeroes what is not, page by page. Returns whether there was any. */
static bool zero_dirt(const lab_byte_t *dirt, unsigned order, char *memory)
{
    if (lab_page_is_clean(dirt, order))
        return false;
    for (unsigned i = 0; i < 1u << order; i++)
        memset(memory + i * LAB_PAGE_BYTES, 0, lab_page_dirty_bytes(&dirt[i]));
    return true;
}

/* The first lines of memory that will be written to, in exclusive state. */
static void prefetch(const char *memory)
{
    for (int i = 0; i < 3; i++)
        __builtin_prefetch(memory + i * LAB_CACHE_LINE, 1);
}

/* Runs that lie side by side in the zone, from the first on; returns how many. */
static unsigned neighbours(const struct lab_zone *zone, unsigned order, void *const *pages,
                           unsigned n)
{
    size_t first = lab_page_number(zone, pages[0], order);
    unsigned k = 1;

    while (k < n && (char *)pages[k] == (char *)pages[0] + k * (LAB_PAGE_BYTES << order) &&
           first + ((size_t)k << order) < zone->pages)
        k++;
    return k;
}

/* The pages are given out now. */
static void hand_over(const struct lab_page_request *r)
{
    for (unsigned i = 0, side_by_side; i < r->want; i += side_by_side) {
        void *const *pages = r->pages + i;
        struct lab_zone *zone = lab_arena_zone_of(r->arena, *pages);
        size_t number = lab_page_number(zone, *pages, r->order);
        lab_byte_t *dirt = zone->dirt + number;

        side_by_side = 1;
        if (kind_of(r->gfp) == LAB_PAGE_PLAIN)
            side_by_side = neighbours(zone, r->order, pages, r->want - i);
        else if (zero_dirt(dirt, r->order, zone->base + number * LAB_PAGE_BYTES))
            (void)lab_fetch_add_relaxed(lab_zone_event(zone, LAB_PAGE_ZEROED), 1);
        if (r->gfp & LAB_GFP_EXCLUSIVE)
            prefetch(*pages);
        lab_page_set_dirty(dirt, (size_t)side_by_side << r->order);
    }
}

static int fail(struct lab_page_request *r)
{
    give_back(r);
    lab_deque_set_starve_any(&r->arena->set);
    if (!(r->gfp & LAB_GFP_NOWARN))
        lab_zone_raise_event(r->arena, lab_arena_home(r->arena, r->lcore + 1), LAB_PAGE_FAILED);
    return -ENOMEM;
}

static LAB_NOINLINE int alloc_bulk(const struct lab_page_request *request)
{
    struct lab_page_request r = *request;
    void *few[FEW];

    if (r.want <= FEW)
        r.pages = few;
    if (lab_unlikely(!take_for_request(&r)))
        return fail(&r);
    if (r.pages == few)
        memcpy(request->pages, few, r.want * sizeof(*few));
    return 0;
}

/* Everything that is wanted, from the own deque's private part and what can be added to it: much
 * the most frequent slow path of orders that deques serve, and one that needs no landing place. */
static bool alloc_private(const struct lab_page_request *r)
{
    const struct lab_page_lcore *me = &r->arena->lcore[r->lcore + 1];
    enum lab_page_kind kind = kind_of(r->gfp);

    if (r->want == 0 || r->gfp & LAB_GFP_EXCLUSIVE ||
        lab_deque_pop_slow_owner(me->deque[kind][r->order], r->pages, r->want, r->want) == 0)
        return false;
    if (kind == LAB_PAGE_CLEAN)
        lab_page_no_longer_clean(me, r->order, r->pages, r->want);
    return true;
}

LAB_NOINLINE int lab_page_alloc_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                     unsigned gfp, void **ret_pages, unsigned n)
{
    const struct lab_page_request request = {arena, lcore, order, gfp, ret_pages, n, 0};
    int rc = 0;

    if (!lab_arena_has_lcore(arena, lcore) || order >= LAB_PAGE_ORDERS || !lab_gfp_is_valid(gfp) ||
        n > LAB_PAGE_BULK_MAX)
        return -EINVAL;
    if (lab_arena_cache_serves(arena, order, n) && alloc_private(&request))
        return 0;
    if (lab_arena_cache_serves(arena, order, n) ||
        !lab_arena_take_all(&request, lab_arena_home(arena, lcore + 1), ret_pages, n))
        rc = alloc_bulk(&request);
    if (rc == 0)
        hand_over(&request);
    return rc;
}

static size_t kib(uint64_t pages)
{
    return pages * (LAB_PAGE_BYTES / 1024);
}

static LAB_COLD int refuse(const struct lab_arena *arena, unsigned gfp, unsigned order,
                           struct lab_error *error)
{
    struct lab_page_why why = {.reason = LAB_PAGE_WOULD_SUCCEED, .largest = -1};
    uint32_t present = lab_arena_present(arena);
    char what[96];

    (void)lab_page_why(arena, LAB_LCORE_ANY, order, gfp, &why);
    snprintf(what, sizeof(what), "arena %s has no run of order %u (%zu KiB)", arena->name, order,
             kib(UINT64_C(1) << order));
    if (why.reason == LAB_PAGE_AT_WATERMARK)
        return lab_error_set(error, -ENOMEM,
                             "%s to spare: of %zu KiB free, %zu are kept for other requests: "
                             "lower its marks, or make it larger",
                             what, kib(why.free), kib(why.kept));
    if (why.reason == LAB_PAGE_FRAGMENTED)
        return lab_error_set(error, -ENOMEM,
                             "%s: %zu KiB are free, in runs of order %d at most: make large "
                             "objects first, or give them an arena of their own",
                             what, kib(why.free), why.largest);
    if (why.reason == LAB_PAGE_CACHED)
        return lab_error_set(error, -ENOMEM,
                             "%s: %zu KiB rest in the lcores' deques: call lab_housekeep(), or "
                             "ask with LAB_GFP_WAIT",
                             what, kib(why.cached));
    if (gfp & LAB_GFP_WAIT && present < arena->zones)
        return lab_error_set(error, -ENOMEM,
                             "%s: %zu KiB are free, and its zone %u could not be mapped: "
                             "lab_arena_grow() says why",
                             what, kib(why.free), present);
    return lab_error_set(error, -ENOMEM, "%s: %zu KiB are free: make it larger, or ask for less",
                         what, kib(why.free));
}

int lab_page_fit(struct lab_arena *arena, unsigned gfp, size_t least, size_t bytes, void **ret_run,
                 unsigned *ret_order, struct lab_error *error)
{
    unsigned smallest = lab_page_order_of(least), order = lab_page_order_of(bytes);

    if (least == 0 || least > bytes || smallest == LAB_PAGE_ORDERS)
        return lab_error_set(error, -EINVAL,
                             "arena %s: %zu bytes in one run asked for, 1 to %zu are possible",
                             arena->name, least, LAB_PAGE_BYTES << (LAB_PAGE_ORDERS - 1));
    if (order == LAB_PAGE_ORDERS)
        order--;
    for (;; order--) {
        /* A large run that is not to be had is no event: a smaller one will do. */
        unsigned quiet = order > smallest ? LAB_GFP_NOWARN : 0;
        int rc = lab_page_alloc(arena, LAB_LCORE_ANY, order, gfp | quiet, ret_run);

        if (rc == 0) {
            *ret_order = order;
            return 0;
        }
        if (rc == -EINVAL)
            return lab_error_set(error, -EINVAL, "arena %s: request flags %#x make no sense",
                                 arena->name, gfp);
        if (order == smallest)
            return refuse(arena, gfp, order, error);
    }
}
