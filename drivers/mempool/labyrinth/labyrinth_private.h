/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_PRIVATE_H
#define LABYRINTH_PRIVATE_H

#include <lab_atomic.h>
#include <lab_page.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

/* The message of lab_mbuf_pool_create() to the driver: it lies in the mempool's private area,
 * behind what DPDK has there for mbufs, where every process sees it. */
struct labyrinth_private {
    struct rte_pktmbuf_pool_private mbuf;
    uint32_t magic;
    uint32_t reserve; /* mbufs, the first ones */
    uint32_t low;     /* watermarks, in mbufs; 0: by default */
    uint32_t high;
    struct rte_mempool *nowait; /* the handle that stops before the reserve; of that one, NULL */
    struct rte_mempool *whole;  /* of that handle: the mempool that has the mbufs */
    struct lab_arena *arena;    /* whose pages it has, or NULL */
    lab_atomic_t dropped;       /* packets that were given up since they lay in the reserve */
};

#define LABYRINTH_PRIVATE_MAGIC UINT32_C(0x3250614c) /* "LaP2" in memory */

/* NULL for a mempool that was made in another way. */
static inline struct labyrinth_private *labyrinth_private_of(const struct rte_mempool *mp)
{
    struct labyrinth_private *private;

    if (mp->private_data_size < sizeof(*private))
        return NULL;
    private = rte_mempool_get_priv((struct rte_mempool *)(uintptr_t)mp);
    return private->magic == LABYRINTH_PRIVATE_MAGIC ? private : NULL;
}

/* Whether it is such a handle, whose mbufs are another mempool's. */
static inline bool labyrinth_is_handle(const struct rte_mempool *mp)
{
    const struct labyrinth_private *private = labyrinth_private_of(mp);

    return private != NULL && private->whole != NULL;
}

#endif
