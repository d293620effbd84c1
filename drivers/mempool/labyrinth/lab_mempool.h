/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MEMPOOL_H
#define LAB_MEMPOOL_H

/* From a mempool of DPDK's to the pool behind it: for programs that load the driver as a plugin,
 * and would like to tell it more than DPDK's calls can. They link the library (labyrinth.pc),
 * beside DPDK, and nothing of the plugin's:
 *
 *     struct lab_pool *pool = lab_mempool_pool(mp);
 *
 *     if (pool != NULL) // a mempool of this driver's
 *         (void)lab_pool_transfer(pool, rte_lcore_id(), objects, n, to, 0);
 *
 * lcore ids are DPDK's: rte_lcore_id(), also where that is LCORE_ID_ANY. What the pool calls a
 * thing is an object of the mempool's.
 *
 * The plugin has a copy of the library in it, and the program another one. To a pool, these are two
 * processes: once the program's has got, put or reclaimed, all gets fence (lab_pool_attach()). So
 * get and put by the mempool's calls. To state who holds what, to ask, and to watch marks is no
 * such use.
 */

#include <lab_pool.h>
#include <rte_mempool.h>
#include <string.h>

/* Returns the pool behind a mempool, or NULL: for one of another driver, one that has no memory
 * yet, and one that a driver of another version than this header made. It lives as long as the
 * mempool. Any thread and process; wait-free. Example: doc/examples/handover.c. */
LAB_INLINE struct lab_pool *lab_mempool_pool(const struct rte_mempool *mp)
{
    struct lab_pool *pool = (struct lab_pool *)mp->pool_data;

    if (strcmp(rte_mempool_get_ops(mp->ops_index)->name, "labyrinth") != 0 || pool == NULL ||
        pool->magic != LAB_POOL_MAGIC || pool->shape != LAB_POOL_SHAPE)
        return NULL;
    return pool;
}

#endif
