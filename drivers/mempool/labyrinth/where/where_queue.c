/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The queues of ports: the blocks in which drivers of ports keep what they have posted to a device.
 * The tables through which programs call a driver lead to each queue's data, and that to its ring
 * of buffers. A program without ports has no such table. */

#include "where_map.h"

#include <dlfcn.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <string.h>

#define LOOK_AT 65536u /* bytes of a queue's data */
#define WINDOW_WORDS 512u

static bool is_known(const struct where_map *map, uintptr_t block)
{
    for (size_t i = 0; i < map->queues; i++)
        if (map->queue[i].at.start == block)
            return true;
    return false;
}

static void add_queue(struct where_map *map, struct where_range block, unsigned port,
                      unsigned number, bool is_rx)
{
    struct where_queue *queue;

    if (is_known(map, block.start))
        return;
    queue = WHERE_MAP_ADD(map, queue);
    if (queue != NULL)
        *queue = (struct where_queue){block, (uint16_t)port, (uint16_t)number, is_rx};
}

/* Memzones of other objects than a queue's ring, to which its data points, too. */
static bool is_of_others(const struct where_map *map, uintptr_t block)
{
    static const char *const begin[] = {RTE_MEMPOOL_MZ_PREFIX, RTE_RING_MZ_PREFIX, "rte_eth_dev"};
    const struct where_zone *zone = where_map_zone(map, block);

    for (unsigned i = 0; zone != NULL && i < RTE_DIM(begin); i++)
        if (strncmp(zone->name, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

/* The data of a queue, and the blocks and memzones that it points to. */
static void take_queue(struct where_map *map, uintptr_t data, unsigned port, unsigned number,
                       bool is_rx)
{
    const struct where_range *block = where_map_block(map, data);
    uintptr_t word[WINDOW_WORDS];
    struct where_range own;

    if (block == NULL)
        return;
    own = *block;
    add_queue(map, own, port, number, is_rx);
    own.end = RTE_MIN(own.end, data + LOOK_AT);
    for (uintptr_t at = data; at < own.end; at += sizeof(word)) {
        size_t n = where_memory_read(at, word, RTE_MIN(own.end - at, sizeof(word))) / sizeof(*word);

        for (size_t i = 0; i < n; i++) {
            block = where_map_block(map, word[i]);
            if (block != NULL && block->start == word[i] && !is_of_others(map, word[i]))
                add_queue(map, *block, port, number, is_rx);
        }
    }
    memset(word, 0, sizeof(word));
}

static void take_queues(struct where_map *map, void *const *queues, unsigned port, bool is_rx)
{
    for (unsigned i = 0; i < RTE_MAX_QUEUES_PER_PORT; i++) {
        uintptr_t data = 0;

        if (where_memory_read((uintptr_t)&queues[i], &data, sizeof(data)) != sizeof(data))
            return;
        if (data != 0)
            take_queue(map, data, port, i, is_rx);
    }
}

void where_map_read_queues(struct where_map *map)
{
    const struct rte_eth_fp_ops *ports = dlsym(RTLD_DEFAULT, "rte_eth_fp_ops");

    for (unsigned port = 0; ports != NULL && map->blocks > 0 && port < RTE_MAX_ETHPORTS; port++) {
        take_queues(map, ports[port].rxq.data, port, true);
        take_queues(map, ports[port].txq.data, port, false);
    }
}

const struct where_queue *where_map_queue(const struct where_map *map, uintptr_t address)
{
    for (size_t i = 0; i < map->queues; i++)
        if (where_range_has(&map->queue[i].at, address))
            return &map->queue[i];
    return NULL;
}
