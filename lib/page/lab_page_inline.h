/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_INLINE_H
#define LAB_PAGE_INLINE_H

/* The second half of lab_page.h, which includes it: what an arena consists of, and the inline
 * functions that look inside. */

#ifndef LAB_PAGE_H
#error "include <lab_page.h>"
#endif

#include <errno.h>
#include <lab_atomic.h>
#include <lab_deque_set.h>
#include <lab_index.h>
#include <lab_level.h>

#define LAB_PAGE_LINES (LAB_PAGE_BYTES / LAB_CACHE_LINE)

struct lab_zone_part; /* lab_zone.h: the blocks of a part */

/* An order that no deque serves. */
#define LAB_PAGE_UNCACHED UINT32_MAX

/* The most arrays of deques: one for each order and kind. */
#define LAB_ARENA_ARRAYS (LAB_PAGE_ORDERS * LAB_PAGE_KINDS)

/* The state of an lcore, written by it alone. The first one is for all threads without an id. */
struct lab_page_lcore {
    alignas(LAB_CACHE_LINE) char *base; /* its first zone: a page goes into its deques if it */
    size_t bytes;                       /* is of that zone's common part, */
    struct lab_block *block;            /* and in the shape that it has there */
    lab_byte_t *dirt;                   /* of that zone's pages: lab_page_clean.h */
    struct lab_deque_set_own own;       /* shortages and victims */
    uint32_t home;                      /* the zone */
    uint32_t no_clean_until;            /* requests that skip a zone without clean pages */
    /* Its own deques; where none serves the order, arena->nothing. */
    struct lab_deque *deque[LAB_PAGE_KINDS][LAB_PAGE_ORDERS];
};

/* The cleaning of a zone. */
struct lab_page_cleaner {
    alignas(LAB_CACHE_LINE) lab_atomic_t busy; /* the lcore_index that cleans and 1, or 0 */
    uint32_t row;                              /* the next one to look at */
    uint64_t clean;                            /* pages seen to be so since row 0 */
    bool resting;                              /* there were enough */
};

/* A zone at work. */
struct lab_zone {
    char *base;
    uint64_t pages;                             /* all of them */
    struct lab_zone_part *part[LAB_PAGE_PARTS]; /* NULL: there is no such part */
    uint32_t first[LAB_PAGE_PARTS + 1];         /* page of each part, and the end */
    uint32_t next[LAB_ARENA_ZONES_MAX];         /* the order in which to go on from here */
    struct lab_watermark_limits limits;         /* pages */
    struct lab_region region;                   /* of lab_arena_create() */
    int node;
    enum lab_pages made_of; /* LAB_PAGES_ANY: memory of the caller's; or what is wanted, until it
                               is mapped */
    struct lab_level level; /* of the common part */
    lab_byte_t *dirt;       /* by page: lab_page_clean.h */
    lab_byte_t *lock;       /* by page: the lcore that has locked it, its lcore_index and 1, or 0 */
    struct lab_page_cleaner cleaner;
    alignas(LAB_CACHE_LINE) struct lab_watermark watermark;
    lab_atomic_t event[(int)LAB_PAGE_EVENTS - (int)LAB_CROSSINGS]; /* those that are no crossing */
};

/* In memory that may be shared between processes, at the same address in each. Only lib/page and
 * the inline functions below look inside. */
struct lab_arena {
    uint32_t magic;
    uint32_t lcores;
    struct lab_page_lcore
        *lcore; /* lcores + 1, by lcore_index: an id and 1, 0 is that of all threads without one */
    uint32_t cache[LAB_PAGE_ORDERS]; /* the first array of each order, or LAB_PAGE_UNCACHED */
    struct lab_deque_array array[LAB_ARENA_ARRAYS];
    struct lab_deque_set set;
    uint32_t zones;           /* mapped or not */
    lab_atomic_t present;     /* the first N are: lab_arena_node.c */
    struct lab_region memory; /* of lab_arena_create(): what you are looking at */
    char name[LAB_ARENA_NAME_SIZE];

    /* Of the set. `intercepted` is read by every put, and seldom written: while there is a
     * shortage, since a request found too little or a zone is under pressure, every put goes back
     * to its zone.
     */
    struct lab_deque_set_state state;
    struct lab_deque nothing; /* has no slots, so that neither gets nor puts succeed */
    lab_atomic_t sequence;
    lab_atomic_t growing; /* 1 while a thread maps a zone */
    struct lab_zone zone[LAB_ARENA_ZONES_MAX];
};

#define LAB_ARENA_MAGIC UINT32_C(0x6e657241) /* "Aren" in memory */

/* The rest of the calls below, for them alone. */
LAB_PUBLIC int lab_page_alloc_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                   unsigned gfp, void **ret_pages, unsigned n);
LAB_PUBLIC int lab_page_free_slow(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n);

/* The number of an allocation's first page among `pages` pages from base on, in whole blocks; any
 * other address is brought into range. Wait-free. */
LAB_INLINE size_t lab_page_first(const char *base, uint64_t pages, const void *page, unsigned order)
{
    size_t number = (size_t)((uintptr_t)page - (uintptr_t)base) / LAB_PAGE_BYTES;

    return lab_index_bounded(number, pages) & ~(((size_t)1 << order) - 1);
}

/* Pages from the lcore's clean deque are held now. */
LAB_INLINE void lab_page_no_longer_clean(const struct lab_page_lcore *me, unsigned order,
                                         void *const *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        lab_bytes_fill(me->dirt +
                           lab_page_first(me->base, me->bytes / LAB_PAGE_BYTES, pages[i], order),
                       LAB_PAGE_LINES, (size_t)1 << order);
}

/* Whether an allocation of that order begins there, in the common part of the lcore's own zone. */
LAB_INLINE bool lab_page_is_own(const struct lab_page_lcore *me, const void *page, unsigned order)
{
    size_t offset = (size_t)((uintptr_t)page - (uintptr_t)me->base);
    const struct lab_block *block;
    unsigned row, first;

    if (offset >= me->bytes || (offset & ((LAB_PAGE_BYTES << order) - 1)) != 0)
        return false;
    block = &me->block[offset / (LAB_PAGE_BYTES * LAB_BLOCK_PAGES)];
    row = (unsigned)(offset / (LAB_PAGE_BYTES * LAB_ROW_PAGES)) % LAB_BLOCK_ROWS;
    first = (unsigned)(offset / LAB_PAGE_BYTES) % LAB_ROW_PAGES;
    if (order == 0)
        return lab_row_holds_single(lab_load_relaxed(&block->row[row]), first);
    if (order <= LAB_ROW_ORDER_MAX)
        return lab_row_holds(lab_load_relaxed(&block->row[row]), lab_row_run(first, order));
    return lab_block_state_holds(lab_load_relaxed(&block->state), 1u << row,
                                 order - LAB_BLOCK_ROW_ORDER);
}

/* The functions that lab_page.h declares */

LAB_INLINE uint32_t lab_arena_present(const struct lab_arena *arena)
{
    return (uint32_t)lab_load_acquire(&arena->present); /* A1: or a zone has no address yet */
}

LAB_INLINE LAB_CHECKED int lab_page_alloc_bulk(struct lab_arena *arena, uint32_t lcore,
                                               unsigned order, unsigned gfp, void **ret_pages,
                                               unsigned n)
{
    enum lab_page_kind kind = gfp & LAB_GFP_ZERO ? LAB_PAGE_CLEAN : LAB_PAGE_PLAIN;
    uint32_t lcore_index = lcore + 1; /* LAB_LCORE_ANY wraps around */

    if (lab_likely(lcore_index <= arena->lcores) &&
        lab_likely(lab_gfp_is_plain(gfp & ~(unsigned)LAB_GFP_ZERO)) && order < LAB_PAGE_ORDERS &&
        lab_likely(
            lab_deque_pop_owner(arena->lcore[lcore_index].deque[kind][order], ret_pages, n))) {
        if (kind == LAB_PAGE_CLEAN)
            lab_page_no_longer_clean(&arena->lcore[lcore_index], order, ret_pages, n);
        return 0;
    }
    return lab_page_alloc_slow(arena, lcore, order, gfp, ret_pages, n);
}

LAB_INLINE int lab_page_free_bulk(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                  void *const *pages, unsigned n, unsigned *ret_n)
{
    uint32_t lcore_index = lcore + 1;
    unsigned i = 0;

    if (lab_likely(lcore_index <= arena->lcores) && order < LAB_PAGE_ORDERS &&
        lab_likely(lab_load_relaxed(&arena->state.intercepted) == 0)) {
        const struct lab_page_lcore *me = &arena->lcore[lcore_index];
        struct lab_deque *deque = me->deque[LAB_PAGE_PLAIN][order];

        /* If there is no room for them, no page is looked at; one has room, as a rule. */
        bool single = __builtin_constant_p(n) && n == 1;
        unsigned fits = single || lab_deque_has_room_owner(deque, n) ? n : 0;

        while (i < fits && lab_page_is_own(me, pages[i], order))
            i++;
        if (lab_likely(i == n) && lab_likely(lab_deque_push_owner(deque, pages, n))) {
            if (ret_n != NULL)
                *ret_n = n;
            return 0;
        }
    }
    return lab_page_free_slow(arena, lcore, order, pages, n, ret_n);
}

LAB_INLINE LAB_CHECKED int lab_page_alloc(struct lab_arena *arena, uint32_t lcore, unsigned order,
                                          unsigned gfp, void **ret_page)
{
    return lab_page_alloc_bulk(arena, lcore, order, gfp, ret_page, 1);
}

LAB_INLINE int lab_page_free(struct lab_arena *arena, uint32_t lcore, void *page, unsigned order)
{
    return lab_page_free_bulk(arena, lcore, order, &page, 1, NULL);
}

LAB_INLINE unsigned lab_page_order_of(size_t bytes)
{
    unsigned order = 0;

    while (order < LAB_PAGE_ORDERS && LAB_PAGE_BYTES << order < bytes)
        order++;
    return order;
}

LAB_INLINE uint64_t lab_page_sequence(const struct lab_arena *arena)
{
    return lab_load_acquire(&arena->sequence); /* M2: or it misses the event */
}

LAB_INLINE const char *lab_page_reason_name(enum lab_page_reason reason)
{
    static const char *const names[] = {"would succeed", "empty", "at the watermark", "fragmented",
                                        "cached elsewhere"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_PAGE_REASONS, "each has one");
    return (unsigned)reason < LAB_PAGE_REASONS ? names[reason] : NULL;
}

/* Where a zone's events are counted. */
LAB_INLINE lab_atomic_t *lab_zone_event(const struct lab_zone *zone, enum lab_page_event event)
{
    unsigned i = (unsigned)event;
    const lab_atomic_t *count =
        i < LAB_CROSSINGS ? &zone->watermark.count[i] : &zone->event[i - LAB_CROSSINGS];

    return (lab_atomic_t *)(uintptr_t)count;
}

LAB_INLINE int lab_page_events(const struct lab_arena *arena, uint32_t zone,
                               struct lab_page_events *ret_events)
{
    const struct lab_zone *its = &arena->zone[zone];

    if (zone >= lab_arena_present(arena))
        return -ENOENT;
    ret_events->pressure = (enum lab_pressure)lab_load_relaxed(&its->watermark.pressure);
    for (int i = 0; i < LAB_PAGE_EVENTS; i++)
        ret_events->count[i] = lab_load_relaxed(lab_zone_event(its, (enum lab_page_event)i));
    return 0;
}

LAB_INLINE const char *lab_page_event_name(enum lab_page_event event)
{
    static const char *const names[] = {"below_low", "below_min", "above_high", "reserve",
                                        "zeroed",    "failed",    "mapped"};

    static_assert(sizeof(names) / sizeof(names[0]) == LAB_PAGE_EVENTS, "each has one");
    return (unsigned)event < LAB_PAGE_EVENTS ? names[event] : NULL;
}

#endif
