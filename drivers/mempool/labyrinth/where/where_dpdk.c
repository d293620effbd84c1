/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* DPDK's memory: its heaps, the blocks that rte_malloc() has given out, and memzones, which have
 * names. (The type that callers of rte_malloc() state is nowhere recorded.) */

#include "where_map.h"

#include <rte_common.h>
#include <rte_memory.h>
#include <rte_memzone.h>
#include <string.h>

/* The head that DPDK has before each block, from its release 20.05 on. Blocks lie end to end from
 * the beginning of a heap's memory on. Nothing but its own reports shows them, so this is checked:
 * the head before, sizes, and whether memzones begin where blocks do. */
struct head {
    const void *heap;
    const struct head *before, *behind;
    const void *free_list[2];
    const void *memory;
    int32_t state : 3; /* HEAD_BUSY: given out */
    uint32_t others : 29;
    uint32_t pad; /* bytes: the block's own head is that much further */
    size_t bytes; /* with the head */
    const void *more[2];
} __rte_cache_aligned;

enum { HEAD_FREE, HEAD_BUSY, HEAD_PAD };

static bool is_head(const struct head *head, const struct where_range *area,
                    const struct head *before, const void *heap)
{
    return head->heap != NULL && head->heap == heap && head->bytes >= sizeof(*head) &&
           head->bytes % RTE_CACHE_LINE_SIZE == 0 && head->bytes <= area->end - (uintptr_t)head &&
           head->state >= HEAD_FREE && head->state <= HEAD_BUSY &&
           (before == NULL || head->before == before);
}

/* Others take blocks and give them back meanwhile: the walk ends where it makes no sense, and what
 * lies behind has no blocks this time. */
static void take_blocks(struct where_map *map, const struct where_range *area)
{
    const struct head *head = (const struct head *)area->start, *before = NULL;
    const void *heap = head->heap;

    while ((uintptr_t)head + sizeof(*head) <= area->end && is_head(head, area, before, heap)) {
        size_t bytes = head->bytes;

        if (head->state == HEAD_BUSY && head->pad < bytes - sizeof(*head)) {
            struct where_range *block = WHERE_MAP_ADD(map, block);

            if (block == NULL)
                return;
            block->start = (uintptr_t)(head + 1) + head->pad;
            block->end = (uintptr_t)head + bytes;
        }
        before = head;
        head = (const struct head *)((uintptr_t)head + bytes);
    }
}

static int take_area(const struct rte_memseg_list *list, const struct rte_memseg *segment,
                     size_t bytes, void *context)
{
    struct where_map *map = context;
    struct where_range *area = WHERE_MAP_ADD(map, dpdk);

    if (area == NULL)
        return 1;
    *area = (struct where_range){(uintptr_t)segment->addr, (uintptr_t)segment->addr + bytes};
    /* Memory that a program brought itself need not be a heap, nor be memory. */
    if (!list->external)
        take_blocks(map, area);
    return 0;
}

static void take_zone(const struct rte_memzone *memzone, void *context)
{
    struct where_map *map = context;
    struct where_zone *zone = WHERE_MAP_ADD(map, zone);

    if (zone == NULL)
        return;
    zone->at =
        (struct where_range){(uintptr_t)memzone->addr, (uintptr_t)memzone->addr + memzone->len};
    memcpy(zone->name, memzone->name, RTE_MIN(sizeof(zone->name), sizeof(memzone->name)) - 1);
}

/* Where DPDK's heads are others than these, no memzone begins where a block does. */
static bool has_known_heads(const struct where_map *map)
{
    for (size_t i = 0; i < map->zones; i++) {
        const struct where_range *block = where_map_block(map, map->zone[i].at.start);

        if (block != NULL && block->start == map->zone[i].at.start)
            return true;
    }
    return false;
}

void where_map_read_dpdk(struct where_map *map)
{
    (void)rte_memseg_contig_walk(take_area, map);
    where_range_sort(map->dpdk, map->dpdks);
    where_range_sort(map->block, map->blocks);
    rte_memzone_walk(take_zone, map);
    if (!has_known_heads(map))
        map->blocks = 0;
}
