/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What is called what: the memory that points to objects. */

#include "where_search.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Variables of the program's, of a library's, and a thread's own */

static struct where_range name_variable(const struct where_module *module, uintptr_t base,
                                        uintptr_t at, bool is_own, char *name, size_t capacity)
{
    struct where_symbol symbol;

    where_module_symbol(module, at - base, is_own, &symbol);
    if (symbol.name[0] == '\0') {
        snprintf(name, capacity, "%s", last_part(module->path));
        return (struct where_range){at, at + 1};
    }
    snprintf(name, capacity, "%s (%s)", symbol.name, last_part(module->path));
    return (struct where_range){base + symbol.start, base + symbol.start + symbol.bytes};
}

static struct where_range name_own(const struct where_map *map, uintptr_t at, char *name,
                                   size_t capacity)
{
    const struct where_module *module;
    const struct where_thread *thread = where_map_owner(map, at, &module);
    struct where_range range = {at, at + 1};
    size_t used;

    if (thread == NULL)
        return range;
    range =
        name_variable(module, thread->self + (uintptr_t)module->own_from, at, true, name, capacity);
    used = strlen(name);
    snprintf(name + used, capacity - used, " of thread %s", thread->name);
    return range;
}

/* DPDK's memory */

/* Memzones of mempools bear their names: "MP_name", and "MP_name_3" of its memory. */
static bool name_mempool(const struct where_zone *zone, char *name, size_t capacity)
{
    const char *number = strrchr(zone->name, '_');

    if (strncmp(zone->name, RTE_MEMPOOL_MZ_PREFIX, strlen(RTE_MEMPOOL_MZ_PREFIX)) != 0)
        return false;
    snprintf(name, capacity, "%s", zone->name + strlen(RTE_MEMPOOL_MZ_PREFIX));
    if (number != NULL && number > zone->name + strlen(RTE_MEMPOOL_MZ_PREFIX) &&
        number[1] != '\0' && number[1 + strspn(number + 1, "0123456789")] == '\0')
        name[number - zone->name - strlen(RTE_MEMPOOL_MZ_PREFIX)] = '\0';
    return true;
}

static struct where_range name_dpdk(const struct where_map *map, uintptr_t at,
                                    const char **ret_kind, char *name, size_t capacity)
{
    const struct where_zone *zone = where_map_zone(map, at);
    const struct where_range *block = where_map_block(map, at);

    if (zone != NULL) {
        *ret_kind = name_mempool(zone, name, capacity) ? "mempool" : "memzone";
        if (**ret_kind == 'm' && strcmp(*ret_kind, "memzone") == 0)
            snprintf(name, capacity, "%s", zone->name);
        return zone->at;
    }
    *ret_kind = "rte_malloc";
    if (block == NULL)
        return (struct where_range){at, at + 1};
    snprintf(name, capacity, "blocks of %" PRIuPTR " bytes", block->end - block->start);
    return *block;
}

/* Other memory */

static struct where_range name_stack(const struct where_map *map,
                                     const struct where_mapping *mapping, char *name,
                                     size_t capacity)
{
    if (mapping->thread != WHERE_NO_THREAD)
        snprintf(name, capacity, "%s", map->thread[mapping->thread].name);
    return mapping->at;
}

#define ARENA_BYTES ((uintptr_t)64 << 20) /* of malloc()'s, from such an address on */
#define MAPPED_BIT 2u                     /* of a chunk's size: it was mapped for itself */
#define CHUNK_FLAGS 7u

/* malloc() maps large blocks, which begin with their size. */
static bool is_large_block(const struct where_mapping *mapping)
{
    size_t head[2] = {0, 0};

    (void)where_memory_read(mapping->at.start, head, sizeof(head));
    return (head[1] & CHUNK_FLAGS) == MAPPED_BIT && head[1] % 4096 == MAPPED_BIT &&
           head[1] - MAPPED_BIT <= mapping->at.end - mapping->at.start;
}

static struct where_range name_memory(const struct where_mapping *mapping, const char **ret_kind,
                                      char *name, size_t capacity)
{
    bool is_anonymous = mapping->name[0] == '\0';

    *ret_kind = "memory";
    if (mapping->kind == WHERE_MAPPING_HEAP ||
        (is_anonymous && mapping->at.start % ARENA_BYTES == 0))
        *ret_kind = "heap";
    else if (is_anonymous && is_large_block(mapping)) {
        *ret_kind = "heap";
        snprintf(name, capacity, "a block of %" PRIuPTR " KiB",
                 (mapping->at.end - mapping->at.start) / 1024);
    } else if (is_anonymous)
        snprintf(name, capacity, "%" PRIuPTR " KiB, from %" PRIxPTR " on",
                 (mapping->at.end - mapping->at.start) / 1024, mapping->at.start);
    else
        snprintf(name, capacity, "%s", mapping->name);
    return mapping->at;
}

struct where_range where_name_place(const struct where_map *map, enum where_place place,
                                    uintptr_t at, const char **ret_kind, char *name,
                                    size_t capacity)
{
    const struct where_mapping *mapping = where_map_mapping(map, at);
    const struct where_module *module = where_map_module(map, at);

    name[0] = '\0';
    switch (place) {
    case WHERE_DPDK:
        return name_dpdk(map, at, ret_kind, name, capacity);
    case WHERE_GLOBAL:
        *ret_kind = "variable";
        if (module != NULL)
            return name_variable(module, module->base, at, false, name, capacity);
        break;
    case WHERE_THREAD:
        *ret_kind = "thread's variable";
        return name_own(map, at, name, capacity);
    case WHERE_FRAME:
        *ret_kind = "stack";
        if (mapping != NULL)
            return name_stack(map, mapping, name, capacity);
        break;
    default:
        *ret_kind = "memory";
        if (mapping != NULL)
            return name_memory(mapping, ret_kind, name, capacity);
    }
    return (struct where_range){at, at + 1};
}
