/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A zone at a glance. Reads only. */

#include <errno.h>
#include <lab_page_cache.h>
#include <string.h>

static void map_part(const struct lab_zone *part, struct lab_page_part_map *map)
{
    struct lab_zone_stats stats;

    if (part == NULL)
        return;
    lab_zone_stats(part, &stats);
    map->pages = stats.pages;
    map->free_pages = stats.free_pages;
    memcpy(map->runs, stats.runs, sizeof(map->runs));
    map->blocks_free = stats.blocks_free;
    map->blocks_mixed = stats.blocks_mixed;
    map->blocks_full = stats.blocks_full;
    map->largest = stats.largest;
}

/* Deques of one order and kind. */
static void map_cache(const struct lab_arena *arena, uint32_t zone, unsigned order, unsigned kind,
                      struct lab_page_cache_map *map)
{
    uint32_t first = arena->cache[order] + (arena->lcores + 1) * kind;

    for (uint32_t place = 0; place < lab_roster_length(&arena->roster); place++) {
        uint32_t slot = lab_roster_slot(&arena->roster, place);
        uint64_t tip, all;

        if (slot == LAB_ROSTER_ANY || arena->lcore[slot].home != zone)
            continue;
        all = lab_deque_count_any(&arena->deque[first + slot], &tip);
        map->tips += tip << order;
        map->public_parts += (all > tip ? all - tip : 0) << order;
    }
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
    const struct lab_page_zone *zone = &arena->zone[index];
    struct lab_page_map map = {0};
    int64_t level;

    if (index >= lab_arena_present(arena))
        return -ENOENT;
    level = lab_page_zone_free(zone);
    map.node = zone->node;
    map.made_of = zone->made_of;
    for (int part = 0; part < LAB_PAGE_PARTS; part++)
        map_part(zone->part[part], &map.part[part]);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned kind = 0; kind < LAB_PAGE_KINDS && lab_page_is_cached(arena, order); kind++)
            map_cache(arena, index, order, kind, &map.cache[order][kind]);
    memcpy(map.mark, zone->mark, sizeof(map.mark));
    map.level = level > 0 ? (uint64_t)level : 0;
    map.clean = count_bytes(zone->dirt, zone->pages, true);
    map.locked = count_bytes(zone->lock, zone->pages, false);
    map.pressure = (enum lab_page_pressure)lab_load_relaxed(&zone->pressure);
    *ret_map = map;
    return 0;
}
