/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The content of an rte_ring, from its memory. A ring that is being freed may still be on DPDK's
 * list, and its memory be gone: it is read as memory that need not be there. */

#include "where_pool.h"

#include <rte_memzone.h>
#include <string.h>

#define PIECE 512u /* pointers that are read at a time */

/* A ring does not say of what size its elements are; the memory that was taken for it does. */
static bool has_pointers(const struct rte_ring *ring, size_t bytes)
{
    return RTE_ALIGN_CEIL(sizeof(*ring) + ring->size * sizeof(void *),
                          (size_t)RTE_CACHE_LINE_SIZE) == bytes;
}

static bool read_head(uintptr_t address, struct rte_ring *ret_ring, size_t *ret_bytes)
{
    struct rte_memzone zone;

    if (where_memory_read(address, ret_ring, sizeof(*ret_ring)) != sizeof(*ret_ring) ||
        where_memory_read((uintptr_t)ret_ring->memzone, &zone, sizeof(zone)) != sizeof(zone) ||
        (uintptr_t)zone.addr != address)
        return false;
    *ret_bytes = zone.len;
    return ret_ring->size != 0 && (ret_ring->size & (ret_ring->size - 1)) == 0 &&
           ret_ring->mask == ret_ring->size - 1 && has_pointers(ret_ring, zone.len);
}

/* From the first that nobody has finished taking to the last that somebody has begun to put. */
static uint32_t content_of(const struct rte_ring *ring, uint32_t *ret_first)
{
    uint32_t end = ring->prod.sync_type == RTE_RING_SYNC_MT_RTS ? ring->rts_prod.head.val.pos
                                                                : ring->prod.head;

    *ret_first = ring->cons.tail;
    return RTE_MIN(end - *ret_first, ring->size);
}

bool where_ring_read(uintptr_t address, void (*visit)(void *context, uintptr_t pointer),
                     void *context, struct where_ring *ret_ring)
{
    uintptr_t piece[PIECE];
    struct rte_ring ring;
    uint32_t first, n;
    size_t bytes;

    if (!read_head(address, &ring, &bytes))
        return false;
    memcpy(ret_ring->name, ring.name, sizeof(ret_ring->name));
    ret_ring->name[sizeof(ret_ring->name) - 1] = '\0';
    ret_ring->memory = (struct where_range){address, address + bytes};
    n = content_of(&ring, &first);
    for (uint32_t i = 0; i < n;) {
        uint32_t at = (first + i) & ring.mask;
        uint32_t room = RTE_MIN(PIECE, ring.size - at), few = RTE_MIN(room, n - i);
        size_t got = where_memory_read(address + sizeof(ring) + at * sizeof(void *), piece,
                                       few * sizeof(void *));

        for (uint32_t k = 0; k < got / sizeof(void *); k++)
            visit(context, piece[k]);
        i += few;
    }
    memset(piece, 0, sizeof(piece)); /* no reference of the scanner's */
    return true;
}
