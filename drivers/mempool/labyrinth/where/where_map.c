/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Mappings */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Reading a device can change it. Huge pages and shared memory lie there, too. */
static bool is_device(const char *path)
{
    if (begins(path, "/dev/"))
        return !begins(path, "/dev/huge") && !begins(path, "/dev/shm/") &&
               !begins(path, "/dev/zero");
    return begins(path, "/sys/") || begins(path, "/proc/") || begins(path, "anon_inode:");
}

static bool is_left_out(const char *path, uintptr_t start, const char *leave_out)
{
    char *end;

    if (leave_out == NULL || leave_out[0] == '\0')
        return false;
    if (path[0] != '\0' && strstr(path, leave_out) != NULL)
        return true;
    return strtoumax(leave_out, &end, 16) == start && *end == '\0';
}

static void take_line(struct where_map *map, const char *line, const char *leave_out)
{
    uintptr_t start, end;
    char rights[5];
    int at = 0;
    const char *path;
    size_t length;
    struct where_mapping *mapping;

    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %n", &start, &end, rights, &at) <
            3 ||
        at == 0 || rights[0] != 'r' || rights[1] != 'w')
        return;
    path = line + at;
    mapping = WHERE_MAP_ADD(map, mapping);
    if (mapping == NULL)
        return;
    length = strcspn(path, "\n");
    *mapping = (struct where_mapping){.at = {start, end}, .thread = WHERE_NO_THREAD};
    mapping->is_shared = rights[3] == 's';
    mapping->is_skipped = is_device(path) || is_left_out(path, start, leave_out);
    if (begins(path, "[heap]"))
        mapping->kind = WHERE_MAPPING_HEAP;
    else if (begins(path, "[stack]"))
        mapping->kind = WHERE_MAPPING_STACK;
    if (length >= sizeof(mapping->name)) {
        path += length - sizeof(mapping->name) + 1;
        length = sizeof(mapping->name) - 1;
    }
    memcpy(mapping->name, path, length);
    mapping->name[length] = '\0';
}

static bool read_mappings(struct where_map *map, const char *leave_out)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char line[4500];

    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL)
        take_line(map, line, leave_out);
    fclose(file);
    return map->mappings > 0;
}

bool where_map_read(struct where_map *ret_map, const char *leave_out)
{
    *ret_map = (struct where_map){.mappings = 0};
    if (!read_mappings(ret_map, leave_out))
        return false;
    where_map_read_modules(ret_map);
    where_map_read_threads(ret_map);
    where_map_read_dpdk(ret_map);
    where_map_read_heap(ret_map);
    where_map_read_queues(ret_map);
    return !ret_map->failed;
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
