/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Get and put. This file is compiled once for every x86-64 or AArch64 processor, and
 * once more for those that move 32 bytes at a time: LABYRINTH_OPS is the name of the table that it
 * makes (labyrinth_ops.h). */

#define LAB_OUT_OF_LINE /* lab_atomic.h */

#include <lab_intercept.h>
#include <rte_lcore.h>

#include "labyrinth_driver.h"
#include "labyrinth_ops.h"
#include "labyrinth_private.h"
#include "labyrinth_site.h"

/* Objects from which on a burst is large. */
#define LARGE 32u

/* It may be another driver's: see labyrinth_refuse(). */
static inline bool is_ours(const struct lab_pool *pool)
{
    return likely(pool->magic == LAB_POOL_MAGIC);
}

/* The slow halves are called by a jump, so that they return to where the op was to return to.
 * rte_mempool's functions are inline: that is the place of the program's call, or not far from it
 * (labyrinth_caller.c). */

/* The call's own place, marked if its objects lie in the array of one of DPDK's caches: the call
 * fills or empties that cache, and says nothing of the object's holder. With cache=off, calls may
 * still pass through such an array, and nothing stays there. */
static inline const void *site_of(const struct rte_mempool *mp, const void *address,
                                  void *const *objs)
{
    uint64_t offset = (uint64_t)(uintptr_t)objs - (uint64_t)(uintptr_t)mp->local_cache;

    if (labyrinth_cache_size(mp) > 0 && offset < RTE_MAX_LCORE * sizeof(*mp->local_cache))
        address = (const void *)((uintptr_t)address | LABYRINTH_SITE_CACHE);
    return address;
}

static __rte_noinline int put_slow(const struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    struct lab_audit_site site = {site_of(mp, __builtin_return_address(0), objs),
                                  __builtin_dwarf_cfa()};

    return lab_pool_put_slow_from(mp->pool_data, rte_lcore_id(), objs, n, site);
}

/* It cannot be undone, and is the same for all pools: reported once. */
static __rte_cold __rte_noinline void report_refused(void)
{
    static lab_atomic_t is_reported;
    uint64_t no = 0;

    if (lab_load_relaxed(&is_reported) == 0 && lab_cas_relaxed(&is_reported, &no, 1))
        LABYRINTH_LOG(NOTICE,
                      "membarrier(2) is refused since the mempools were made: every get fences "
                      "from now on, which is slower. Allow it in the filter of system calls.");
}

static __rte_noinline int get_slow(const struct rte_mempool *mp, void **objs, unsigned int n)
{
    struct lab_audit_site site = {site_of(mp, __builtin_return_address(0), objs),
                                  __builtin_dwarf_cfa()};
    struct lab_pool *pool = mp->pool_data;
    unsigned int gfp = LAB_GFP_NOWAIT;
    int rc;

    /* Where there is a reserve, the mempool itself is for receive queues (lab_mbuf.h). */
    if (pool->reserved > 0 && !labyrinth_is_handle(mp))
        gfp = LAB_GFP_ATOMIC;
    rc = lab_pool_get_slow_from(pool, rte_lcore_id(), gfp, objs, n, site);
    if (unlikely(lab_load_relaxed(&pool->state.is_refused) != 0))
        report_refused();
    return rc;
}

static __rte_always_inline int put(const struct rte_mempool *mp, void *const *objs, unsigned int n,
                                   uint32_t lcore)
{
    return lab_pool_put_hot(mp->pool_data, lcore, objs, n) ? 0 : put_slow(mp, objs, n);
}

static __rte_always_inline int get(const struct rte_mempool *mp, void **objs, unsigned int n,
                                   uint32_t lcore)
{
    return lab_pool_get_hot(mp->pool_data, lcore, objs, n) ? 0 : get_slow(mp, objs, n);
}

/* The same line again and again: a constant n leaves less than half of a single put or get over,
 * which is what many PMDs do, and nine tenths of a burst of their usual size with wide moves.
 * Single ones come first, without a jump: all they need lies in two lines of code. Large bursts
 * have functions of their own. The arguments stay where the op was given them. */

static __rte_noinline int put_large(const struct rte_mempool *mp, void *const *objs, unsigned int n,
                                    uint32_t lcore)
{
    return likely(n == LARGE) ? put(mp, objs, LARGE, lcore) : put(mp, objs, n, lcore);
}

static __rte_noinline int get_large(const struct rte_mempool *mp, void **objs, unsigned int n,
                                    uint32_t lcore)
{
    return likely(n == LARGE) ? get(mp, objs, LARGE, lcore) : get(mp, objs, n, lcore);
}

static int enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    uint32_t lcore;

    if (!is_ours(mp->pool_data))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (LAB_POOL_CHECKS && lab_pool_check(mp->pool_data, lcore, objs, n) != 0)
        return -EINVAL;
    if (likely(n == 1))
        return put(mp, objs, 1, lcore);
    return likely(n < LARGE) ? put(mp, objs, n, lcore) : put_large(mp, objs, n, lcore);
}

static int dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    uint32_t lcore;

    if (!is_ours(mp->pool_data))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (likely(n == 1))
        return get(mp, objs, 1, lcore);
    return likely(n < LARGE) ? get(mp, objs, n, lcore) : get_large(mp, objs, n, lcore);
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
