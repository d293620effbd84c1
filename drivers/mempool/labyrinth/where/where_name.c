/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Names of the memory that points to objects. */

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

/* "blocks of 4096 bytes of sessions (app)". */
static struct where_range name_block(const struct where_walk *walk, const struct where_range *block,
                                     char *name, size_t capacity)
{
    uintptr_t at = 0;
    enum where_place owner = where_owner_of(&walk->owners, block->start, &at);
    const struct where_zone *zone = where_map_zone(&walk->map, at);
    const struct where_range *outer = where_map_block(&walk->map, at);
    char of[96] = "";
    const char *kind;

    if (owner == WHERE_GLOBAL || owner == WHERE_THREAD)
        (void)where_name_place(walk, owner, at, &kind, of, sizeof(of));
    else if (owner == WHERE_DPDK && zone != NULL)
        snprintf(of, sizeof(of), "%s", zone->name);
    else if (owner == WHERE_DPDK && outer != NULL)
        snprintf(of, sizeof(of), "one of %" PRIuPTR " bytes", outer->end - outer->start);
    snprintf(name, capacity, "blocks of %" PRIuPTR " bytes%s%s", block->end - block->start,
             of[0] != '\0' ? ", of " : "", of);
    return *block;
}

static struct where_range name_dpdk(const struct where_walk *walk, uintptr_t at,
                                    const char **ret_kind, char *name, size_t capacity)
{
    const struct where_zone *zone = where_map_zone(&walk->map, at);
    const struct where_range *block = where_map_block(&walk->map, at);
    const struct where_queue *queue = where_map_queue(&walk->map, at);

    if (queue != NULL) {
        *ret_kind = queue->is_rx ? "rx queue" : "tx queue";
        snprintf(name, capacity, "port %u, queue %u", queue->port, queue->number);
        return queue->at;
    }
    if (zone != NULL && name_mempool(zone, name, capacity)) {
        *ret_kind = "mempool";
        return zone->at;
    }
    if (zone != NULL) {
        *ret_kind = "memzone";
        snprintf(name, capacity, "%s", zone->name);
        return zone->at;
    }
    *ret_kind = "rte_malloc";
    if (block == NULL)
        return (struct where_range){at, at + 1};
    return name_block(walk, block, name, capacity);
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

static struct where_range name_memory(const struct where_walk *walk,
                                      const struct where_mapping *mapping, uintptr_t at,
                                      const char **ret_kind, char *name, size_t capacity)
{
    const struct where_range *chunk = where_map_chunk(&walk->map, at);
    bool is_anonymous = mapping->name[0] == '\0';

    *ret_kind = "heap";
    if (chunk != NULL)
        return name_block(walk, chunk, name, capacity);
    if (mapping->kind == WHERE_MAPPING_HEAP ||
        (is_anonymous && mapping->at.start % ARENA_BYTES == 0))
        return mapping->at;
    *ret_kind = "memory";
    if (is_anonymous)
        snprintf(name, capacity, "%" PRIuPTR " KiB, from %" PRIxPTR " on",
                 (mapping->at.end - mapping->at.start) / 1024, mapping->at.start);
    else
        snprintf(name, capacity, "%s", mapping->name);
    return mapping->at;
}

struct where_range where_name_place(const struct where_walk *walk, enum where_place place,
                                    uintptr_t at, const char **ret_kind, char *name,
                                    size_t capacity)
{
    const struct where_map *map = &walk->map;
    const struct where_mapping *mapping = where_map_mapping(map, at);
    const struct where_module *module = where_map_module(map, at);

    name[0] = '\0';
    switch (place) {
    case WHERE_DPDK:
        return name_dpdk(walk, at, ret_kind, name, capacity);
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
            return name_memory(walk, mapping, at, ret_kind, name, capacity);
    }
    return (struct where_range){at, at + 1};
}
