/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_ARRIVAL_H
#define LABYRINTH_ARRIVAL_H

/* Which processes use a mempool. DPDK tells a driver of those that make one, not of those that look
 * one up or were forked, and nothing in memory that they share tells them apart. But the table of
 * ops is each process's own: it has ops that say that another process is there, and the shortest
 * ones only in a primary that has made a mempool itself, and not in its children. */

#include <lab_pool.h>
#include <rte_mempool.h>

/* The driver has registered its ops, at that index, those for any process. `maker` are those for
 * one that needs say nothing. Once, before any other thread. */
void labyrinth_arrival_start(int ops_index, const struct rte_mempool_ops *maker);

/* This process has made a pool that nobody uses yet. */
void labyrinth_arrival_made(struct lab_pool *pool);

/* At each op of a process that may not be the maker. */
static inline void labyrinth_arrival_note(struct lab_pool *pool)
{
    if (pool->magic == LAB_POOL_MAGIC &&
        unlikely(lab_load_relaxed(&pool->state.is_multi_process) == 0))
        (void)lab_pool_announce(pool);
}

#endif
