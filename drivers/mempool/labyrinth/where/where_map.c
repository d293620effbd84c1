/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_map.h"

#include <string.h>

void *where_map_add(struct where_map *map, void **array, size_t *n, size_t *places,
                    size_t item_bytes)
{
    void *item;

    if (!where_memory_grow(array, *n, places, item_bytes)) {
        map->failed = true;
        return NULL;
    }
    item = (char *)*array + (*n)++ * item_bytes;
    memset(item, 0, item_bytes);
    return item;
}

/* Ranges */

void where_range_sort(struct where_range *ranges, size_t n)
{
    for (size_t gap = n / 2; gap > 0; gap /= 2) /* needs no memory beside, and most are sorted */
        for (size_t i = gap; i < n; i++) {
            struct where_range range = ranges[i];
            size_t at = i;

            for (; at >= gap && ranges[at - gap].start > range.start; at -= gap)
                ranges[at] = ranges[at - gap];
            ranges[at] = range;
        }
}

/* The first range that ends behind an address. */
static size_t first_behind(const struct where_range *ranges, size_t n, uintptr_t address)
{
    size_t from = 0, to = n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (ranges[middle].end <= address)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct where_range *where_range_find(const struct where_range *ranges, size_t n,
                                           uintptr_t address)
{
    size_t i = first_behind(ranges, n, address);

    return i < n && where_range_has(&ranges[i], address) ? &ranges[i] : NULL;
}

/* Memory that is skipped */

void where_map_skip(struct where_map *map, struct where_range range)
{
    struct where_range *skip;

    if (range.end <= range.start)
        return;
    skip = WHERE_MAP_ADD(map, skip);
    if (skip != NULL)
        *skip = range;
}

static void merge_skips(struct where_map *map)
{
    size_t n = 0;

    where_range_sort(map->skip, map->skips);
    for (size_t i = 0; i < map->skips; i++) {
        if (n > 0 && map->skip[i].start <= map->skip[n - 1].end) {
            if (map->skip[i].end > map->skip[n - 1].end)
                map->skip[n - 1].end = map->skip[i].end;
        } else {
            map->skip[n++] = map->skip[i];
        }
    }
    map->skips = n;
}

void where_map_ready(struct where_map *map)
{
    struct where_range own[WHERE_MEMORY_PIECES];
    unsigned n;

    for (size_t i = 0; i < map->mappings; i++)
        if (map->mapping[i].is_skipped)
            where_map_skip(map, map->mapping[i].at);
    where_map_skip(map, (struct where_range){1, 2}); /* so that the array is there */
    n = where_memory_ranges(own);
    for (unsigned i = 0; i < n; i++)
        where_map_skip(map, own[i]);
    merge_skips(map);
}

bool where_map_next(const struct where_map *map, struct where_range range, uintptr_t from,
                    struct where_range *ret_piece)
{
    size_t i = first_behind(map->skip, map->skips, from);

    for (; i < map->skips && map->skip[i].start <= from; i++)
        from = map->skip[i].end;
    if (from >= range.end)
        return false;
    ret_piece->start = from;
    ret_piece->end =
        i < map->skips && map->skip[i].start < range.end ? map->skip[i].start : range.end;
    return true;
}

void where_map_free(struct where_map *map)
{
    where_memory_put(map->mapping);
    where_memory_put(map->thread);
    where_memory_put(map->module);
    where_memory_put(map->dpdk);
    where_memory_put(map->block);
    where_memory_put(map->chunk);
    where_memory_put(map->zone);
    where_memory_put(map->queue);
    where_memory_put(map->skip);
    *map = (struct where_map){.mappings = 0};
}

/* By an address */

const struct where_mapping *where_map_mapping(const struct where_map *map, uintptr_t address)
{
    size_t from = 0, to = map->mappings;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (where_range_has(&map->mapping[middle].at, address))
            return &map->mapping[middle];
        if (address < map->mapping[middle].at.start)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct where_module *where_map_module(const struct where_map *map, uintptr_t address)
{
    for (size_t i = 0; i < map->modules; i++)
        if (where_range_has(&map->module[i].at, address))
            return &map->module[i];
    return NULL;
}

const struct where_thread *where_map_owner(const struct where_map *map, uintptr_t address,
                                           const struct where_module **ret_module)
{
    for (size_t t = 0; t < map->threads; t++)
        for (size_t m = 0; map->thread[t].self != 0 && m < map->modules; m++) {
            const struct where_module *module = &map->module[m];
            uintptr_t start = map->thread[t].self + (uintptr_t)module->own_from;

            if (module->own_bytes != 0 && address - start < module->own_bytes) {
                *ret_module = module;
                return &map->thread[t];
            }
        }
    return NULL;
}

const struct where_zone *where_map_zone(const struct where_map *map, uintptr_t address)
{
    for (size_t i = 0; i < map->zones; i++)
        if (where_range_has(&map->zone[i].at, address))
            return &map->zone[i];
    return NULL;
}

const struct where_range *where_map_block(const struct where_map *map, uintptr_t address)
{
    return where_range_find(map->block, map->blocks, address);
}

bool where_map_is_dpdk(const struct where_map *map, uintptr_t address)
{
    return where_range_find(map->dpdk, map->dpdks, address) != NULL;
}
