/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The ops of the hot path. This file is compiled once for every x86-64 or AArch64 processor, and
 * once more for those that move 32 bytes at a time: LABYRINTH_OPS is the name of the table that it
 * makes (labyrinth_ops.h). */

#include <rte_lcore.h>

#include "labyrinth_driver.h"
#include "labyrinth_ops.h"

/* Objects from which on a burst is large. */
#define LARGE 32u

/* It may be another driver's: see labyrinth_refuse(). */
static inline bool is_ours(const struct lab_pool *pool)
{
    return likely(pool->magic == LAB_POOL_MAGIC);
}

static __rte_always_inline int put(const struct rte_mempool *mp, uint32_t lcore, void *const *objs,
                                   unsigned int n)
{
    return lab_pool_put_hot(mp->pool_data, lcore, objs, n) ? 0
                                                           : labyrinth_enqueue_slow(mp, objs, n);
}

static __rte_always_inline int get(const struct rte_mempool *mp, uint32_t lcore, void **objs,
                                   unsigned int n)
{
    return lab_pool_get_hot(mp->pool_data, lcore, objs, n) ? 0
                                                           : labyrinth_dequeue_slow(mp, objs, n);
}

/* The same line again and again: a constant n leaves less than half of a single put or get over,
 * which is what many PMDs do, and nine tenths of a burst of their usual size with wide moves. Large
 * bursts have functions of their own, so that small ones pay nothing for them. */

static __rte_noinline int put_large(const struct rte_mempool *mp, uint32_t lcore, void *const *objs,
                                    unsigned int n)
{
    return n == LARGE ? put(mp, lcore, objs, LARGE) : put(mp, lcore, objs, n);
}

static __rte_noinline int get_large(const struct rte_mempool *mp, uint32_t lcore, void **objs,
                                    unsigned int n)
{
    return n == LARGE ? get(mp, lcore, objs, LARGE) : get(mp, lcore, objs, n);
}

static int enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    uint32_t lcore;

    if (!is_ours(mp->pool_data))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (LAB_POOL_CHECKS && lab_pool_check(mp->pool_data, lcore, objs, n) != 0)
        return -EINVAL;
    if (n == 1)
        return put(mp, lcore, objs, 1);
    return n < LARGE ? put(mp, lcore, objs, n) : put_large(mp, lcore, objs, n);
}

static int dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    uint32_t lcore;

    if (!is_ours(mp->pool_data))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (n == 1)
        return get(mp, lcore, objs, 1);
    return n < LARGE ? get(mp, lcore, objs, n) : get_large(mp, lcore, objs, n);
}

static inline void note_arrival(struct lab_pool *pool)
{
    if (is_ours(pool) && unlikely(lab_load_relaxed(&pool->state.is_multi_process) == 0))
        (void)lab_pool_announce(pool);
}

static int arriving_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    note_arrival(mp->pool_data);
    return enqueue(mp, objs, n);
}

static int arriving_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    note_arrival(mp->pool_data);
    return dequeue(mp, objs, n);
}

const struct labyrinth_ops LABYRINTH_OPS = {
    .any = {.enqueue = arriving_enqueue, .dequeue = arriving_dequeue},
    .maker = {.enqueue = enqueue, .dequeue = dequeue},
};
