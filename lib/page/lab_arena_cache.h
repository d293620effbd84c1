/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ARENA_CACHE_H
#define LAB_ARENA_CACHE_H

/* The deques in front of an arena's zones. For lib/page alone.
 *
 * A deque holds pages of its owner's own zone only. To the zone they are out, as if they were held;
 * its watermarks do not see them. When memory is short the arena starves: then nothing is kept in
 * deques, and an lcore that puts something gives all of its own back to the zones. */

#include <lab_arena_node.h>

/* Whether deques serve this order. */
LAB_INLINE bool lab_arena_is_cached(const struct lab_arena *arena, unsigned order)
{
    return arena->cache[order] != LAB_PAGE_UNCACHED;
}

/* Whether they serve that many at once: more than one holds goes straight to the zone. */
LAB_INLINE bool lab_arena_cache_serves(const struct lab_arena *arena, unsigned order, unsigned n)
{
    return lab_arena_is_cached(arena, order) && n <= arena->array[arena->cache[order]].capacity;
}

/* Gets from the caller's own deque of a kind. Lock-free, as the next two. */
bool lab_arena_cache_get_own(struct lab_page_request *request, enum lab_page_kind kind);

/* The same from others in turn; what more comes goes into the own deque. */
enum lab_arena_reach {
    LAB_ARENA_LAST, /* the lcore that gave something the last time */
    LAB_ARENA_NEAR, /* all that have the same zone */
    LAB_ARENA_FAR   /* all */
};
bool lab_arena_cache_get_others(struct lab_page_request *request, enum lab_page_kind kind,
                                enum lab_arena_reach reach);

/* Gets from the caller's own zone, pages of that kind first, and some more into its deques, each by
 * its kind, as long as the zone is far from its watermarks. */
bool lab_arena_cache_refill(struct lab_page_request *request, enum lab_page_kind kind);

/* Puts n allocations into the caller's deque. false: some are not for it, or there is no room, and
 * nothing is changed. */
bool lab_arena_cache_put(const struct lab_page_request *request, void *const *pages, unsigned n);

/* Everything in the caller's own deques goes back to the zones. */
void lab_arena_cache_flush(struct lab_arena *arena, uint32_t lcore_index);

/* The same of all deques; those of others as far as they are public. */
void lab_arena_cache_drain(struct lab_arena *arena, uint32_t lcore);

/* Makes the private parts of all others public. A system call, unless the arena is fenced. Returns
 * whether there was anything in them. */
bool lab_arena_cache_revoke(struct lab_arena *arena, uint32_t lcore_index);

/* Everything in the deques of an lcore that has ended for certain goes back to the zones. By a
 * thread that knows of its end; lock-free, no system call. */
void lab_arena_cache_drain_dead(struct lab_arena *arena, uint32_t lcore_index);

/* Notes a put while the arena starves. */
void lab_arena_cache_note_put(struct lab_arena *arena, uint32_t lcore_index);

/* Pages in deques of one order and kind, of the lcores that prefer that zone (LAB_ARENA_ZONES_MAX:
 * of all). All those in the deque of lcore index `own` count as public. */
struct lab_page_cache_map lab_arena_cache_count(const struct lab_arena *arena, unsigned order,
                                                enum lab_page_kind kind, uint32_t own,
                                                uint32_t zone);

#endif
