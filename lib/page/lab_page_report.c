/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Reports of an arena: events, why a request fails, what is where. Reads only. */

#include <errno.h>
#include <lab_arena_cache.h>

/* The largest order of a part's runs that fits that number of pages, or -1. */
static int largest_in(const struct lab_zone_part *part, uint64_t pages)
{
    struct lab_page_part_map stats = {.largest = -1};

    if (part != NULL)
        lab_zone_stats(part, &stats);
    while (stats.largest >= 0 && UINT64_C(1) << stats.largest > pages)
        stats.largest--;
    return stats.largest;
}

static int max(int a, int b)
{
    return a > b ? a : b;
}

/* The largest order that such requests may have of the zone, and whether they may have `order`,
 * which need not follow: reserves of single pages have no others. */
static int largest_for(const struct lab_zone *zone, uint64_t spare, unsigned gfp, unsigned order,
                       bool *ret_would)
{
    int common = largest_in(zone->part[LAB_PAGE_COMMON], spare), singles = -1, runs = -1;

    if (gfp & LAB_GFP_ATOMIC) {
        singles = largest_in(zone->part[LAB_PAGE_RESERVE_SINGLES], 1);
        runs = largest_in(zone->part[LAB_PAGE_RESERVE_RUNS], UINT64_MAX);
    }
    *ret_would |= (int)order <= common || (order == 0 ? singles == 0 : (int)order <= runs);
    return max(max(common, singles), runs > 0 ? runs : -1);
}

/* Adds the pages in deques; returns whether such a request would be given some of them. */
static bool add_cached(const struct lab_arena *arena, unsigned order, uint32_t own,
                       struct lab_page_why *why)
{
    bool fenced = arena->set.barrier == LAB_BARRIER_FENCE, any = false;

    for (unsigned i = 0; i < LAB_PAGE_ORDERS; i++)
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++) {
            struct lab_page_cache_map here =
                lab_arena_cache_count(arena, i, (enum lab_page_kind)kind, own, LAB_ARENA_ZONES_MAX);

            why->cached += here.private_parts + here.public_parts;
            any |= i == order && here.public_parts + (fenced ? here.private_parts : 0) > 0;
        }
    return any;
}

int lab_page_why(const struct lab_arena *arena, uint32_t lcore, unsigned order, unsigned gfp,
                 struct lab_page_why *ret_why)
{
    struct lab_page_why why = {.largest = -1};
    bool would = false, any_spare = false, any_free = false;
    uint32_t present;

    if (!lab_arena_has_lcore(arena, lcore) || order >= LAB_PAGE_ORDERS || !lab_gfp_is_valid(gfp))
        return -EINVAL;
    present = lab_arena_present(arena);
    for (uint32_t i = 0; i < present; i++) {
        const struct lab_zone *zone = &arena->zone[i];
        int64_t level = lab_zone_count_free(zone);
        uint64_t free = level > 0 ? (uint64_t)level : 0, kept = lab_zone_kept_from(zone, gfp);
        uint64_t spare = free > kept ? free - kept : 0;

        why.free += free;
        why.kept += free - spare;
        why.largest = max(why.largest, largest_for(zone, spare, gfp, order, &would));
        any_free |= free >= UINT64_C(1) << order;
        any_spare |= spare >= UINT64_C(1) << order;
    }
    would |= add_cached(arena, order, lcore + 1, &why);
    if (would)
        why.reason = LAB_PAGE_WOULD_SUCCEED;
    else if (any_spare)
        why.reason = LAB_PAGE_FRAGMENTED;
    else if (any_free)
        why.reason = LAB_PAGE_AT_WATERMARK;
    else if (why.cached >= UINT64_C(1) << order)
        why.reason = LAB_PAGE_CACHED;
    else
        why.reason = LAB_PAGE_EMPTY;
    *ret_why = why;
    return 0;
}

/* The most that a request looks at. In each of three rounds over all zones (far from the
 * watermarks, down to low, down to its own; reserves have blocks of their own): of a block its
 * rows, to correct hints and to try it, and its hints in six searches; in a zone, 96 blocks whose
 * hints were wrong. At a watermark, the count of every lcore. Of a deque, three bursts of each
 * kind, which come to rest in another. */
#define STEPS_A_BLOCK 384u
#define STEPS_A_ZONE 20480u
#define STEPS_AN_LCORE 16u
#define STEPS_A_CACHE 4096u
/* And of every page in a deque, where a request empties them. */
#define STEPS_A_SLOT 64u

uint64_t lab_page_steps_max(const struct lab_arena *arena)
{
    uint64_t steps = (uint64_t)arena->set.places * STEPS_A_CACHE;

    if (arena->set.barrier == LAB_BARRIER_FENCE)
        steps += (uint64_t)arena->set.places * arena->set.slots_each * STEPS_A_SLOT;
    for (uint32_t i = 0; i < arena->zones; i++)
        steps += STEPS_A_ZONE + arena->zone[i].pages / LAB_BLOCK_PAGES * STEPS_A_BLOCK +
                 (uint64_t)arena->lcores * STEPS_AN_LCORE;
    return steps;
}

/* The pages of a zone whose byte says so; others may be writing there. */
static uint64_t count_bytes(const lab_byte_t *bytes, uint64_t n, bool zero)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += (lab_byte_load_relaxed(&bytes[i]) == 0) == zero;
    return sum;
}

int lab_page_map(const struct lab_arena *arena, uint32_t index, struct lab_page_map *ret_map)
{
    const struct lab_zone *zone = &arena->zone[index];
    struct lab_page_map map = {0};
    int64_t level;

    if (index >= lab_arena_present(arena))
        return -ENOENT;
    level = lab_zone_count_free(zone);
    map.node = zone->node;
    map.made_of = zone->made_of;
    for (int part = 0; part < LAB_PAGE_PARTS; part++)
        if (zone->part[part] != NULL)
            lab_zone_stats(zone->part[part], &map.part[part]);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (int kind = 0; kind < LAB_PAGE_KINDS; kind++)
            map.cache[order][kind] = lab_arena_cache_count(arena, order, (enum lab_page_kind)kind,
                                                           LAB_DEQUE_SET_ANY, index);
    map.watermark[LAB_PAGE_MIN] = zone->limits.min;
    map.watermark[LAB_PAGE_LOW] = zone->limits.low;
    map.watermark[LAB_PAGE_HIGH] = zone->limits.high;
    map.level = level > 0 ? (uint64_t)level : 0;
    map.clean = count_bytes(zone->dirt, zone->pages, true);
    map.locked = count_bytes(zone->lock, zone->pages, false);
    map.pressure = (enum lab_pressure)lab_load_relaxed(&zone->watermark.pressure);
    *ret_map = map;
    return 0;
}
