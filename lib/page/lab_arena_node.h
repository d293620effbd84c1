/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ARENA_NODE_H
#define LAB_ARENA_NODE_H

/* The zones of an arena: their parts, levels and watermarks. For lib/page alone. */

#include <lab_index.h>
#include <lab_page.h>
#include <lab_zone.h>

/* A request under way: what it has got lies at `pages`. Functions that get something for it return
 * whether that is all. */
struct lab_page_request {
    struct lab_arena *arena;
    uint32_t lcore;
    unsigned order;
    unsigned gfp;
    void **pages;
    unsigned want;
    unsigned got;
};

/* Where an address is. */
struct lab_page_where {
    struct lab_zone *zone;
    enum lab_page_part part;
    uint32_t page; /* number in the part */
};

/* Maps memory; *error says for which part of the arena it failed, *wish which better memory was not
 * to be had. */
int lab_arena_map(const char *arena, const char *what, const struct lab_region_options *wanted,
                  struct lab_region *ret_region, struct lab_error *error, struct lab_error *wish);

/* Maps the next zone, for set-up. */
int lab_arena_map_zone(struct lab_arena *arena, struct lab_error *error, struct lab_error *wish);

/* Maps another zone, unless there are more than `present` by now: of threads that need one, one
 * maps and the others wait. 0, or why there is none. Blocking. */
int lab_arena_grow_beyond(struct lab_arena *arena, uint32_t present, struct lab_error *error);

/* Gets n allocations, one burst at most, if the zone stays far from its watermarks; all or none,
 * and with none ret_pages is untouched. Lock-free. */
bool lab_arena_take_all(const struct lab_page_request *request, struct lab_zone *zone,
                        void **ret_pages, unsigned n);

/* Puts one back that begins `offset` bytes into the common part. Lock-free. */
int lab_arena_give_one(struct lab_arena *arena, uint32_t lcore, unsigned order,
                       struct lab_zone *zone, size_t offset);

/* Gets up to n allocations from the common part, as far as `keep` pages stay free there; returns
 * how many. Lock-free. */
unsigned lab_arena_take(const struct lab_page_request *request, struct lab_zone *zone,
                        uint64_t keep, void **ret_pages, unsigned n);

/* The same from the reserve. */
unsigned lab_arena_take_reserve(const struct lab_page_request *request, struct lab_zone *zone,
                                void **ret_pages, unsigned n);

/* Puts allocations of the request's order back, as lab_page_free_bulk(); *ret_done (may be NULL) is
 * how many. Lock-free. */
int lab_arena_give(const struct lab_page_request *request, void *const *pages, unsigned n,
                   unsigned *ret_done);

/* Counts an event of a zone, for pollers of the arena's sequence to find. */
void lab_zone_raise_event(struct lab_arena *arena, struct lab_zone *zone,
                          enum lab_page_event event);

/* The lcore's first zone is this one; its deques are empty. */
void lab_arena_set_home(struct lab_arena *arena, uint32_t lcore_index, uint32_t zone);

LAB_INLINE bool lab_page_is_complete(const struct lab_page_request *request)
{
    return request->got == request->want;
}

/* Whether an allocation of that order begins there. */
bool lab_arena_holds(const struct lab_page_where *where, unsigned order);

/* Whether there is such an lcore. LAB_LCORE_ANY wraps around to 0. */
LAB_INLINE bool lab_arena_has_lcore(const struct lab_arena *arena, uint32_t lcore)
{
    return lcore + 1 <= arena->lcores;
}

/* Whether the zone is what its options made it, as it is at rest when nobody has died inside a
 * call: its parts lie behind each other and are valid, its watermarks rise, and its level says how
 * many pages of the common part are out. Reads only. */
bool lab_zone_is_valid(const struct lab_zone *zone);

/* A zone by its number, which may come from memory that others write, too: a wrong number finds the
 * first zone. */
LAB_INLINE struct lab_zone *lab_arena_zone_at(struct lab_arena *arena, uint32_t index)
{
    return &arena->zone[lab_index_bounded(index, arena->zones)];
}

/* The zone that an lcore prefers. */
LAB_INLINE struct lab_zone *lab_arena_home(struct lab_arena *arena, uint32_t lcore_index)
{
    return lab_arena_zone_at(arena, arena->lcore[lcore_index].home);
}

/* The zone of a page of this arena; any other address finds the last zone that is mapped. */
LAB_INLINE struct lab_zone *lab_arena_zone_of(struct lab_arena *arena, const void *page)
{
    struct lab_zone *zone = arena->zone, *last = zone + lab_arena_present(arena) - 1;

    while (zone < last &&
           (size_t)((uintptr_t)page - (uintptr_t)zone->base) >= zone->pages * LAB_PAGE_BYTES)
        zone++;
    return zone;
}

/* false: the address is not of this arena, or not a page's. */
bool lab_arena_find(struct lab_arena *arena, const void *page, struct lab_page_where *ret_where);

/* Unlocks the pages that an lcore that died had locked. */
void lab_page_unlock_all(struct lab_zone *zone, uint32_t dead);

/* Whether that number of pages is free for certain. */
LAB_INLINE bool lab_zone_has_free(const struct lab_zone *zone, uint64_t pages)
{
    return (int64_t)zone->first[LAB_PAGE_RESERVE_SINGLES] - lab_level_most(&zone->level) >=
           (int64_t)pages;
}

/* Free pages that a request of that class leaves to others. */
LAB_INLINE uint64_t lab_zone_kept_from(const struct lab_zone *zone, unsigned gfp)
{
    if (gfp & LAB_GFP_ATOMIC)
        return 0;
    return gfp & LAB_GFP_WAIT ? zone->limits.min : zone->limits.low;
}

/* Pages free in the common part. */
LAB_INLINE int64_t lab_zone_count_free(const struct lab_zone *zone)
{
    return (int64_t)zone->first[LAB_PAGE_RESERVE_SINGLES] - lab_level_exact(&zone->level);
}

#endif
