/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The DPDK mempool driver, ops name "labyrinth": what DPDK calls. Making, filling and freeing a
 * mempool stand in labyrinth_create.c.
 *
 * Any op may run on a thread without an lcore id. Enqueue cannot fail:
 * rte_mempool ignores its result, so a failure would be a leak. */

#include <errno.h>
#include <lab_intercept.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include "labyrinth_driver.h"
#include "labyrinth_private.h"
#include "labyrinth_site.h"

RTE_LOG_REGISTER(labyrinth_logtype, mempool.labyrinth, NOTICE);

/* LCORE_ID_ANY, which a thread without an id has, is the pool's word for the same. */
_Static_assert(LCORE_ID_ANY == LAB_LCORE_ANY, "threads without an id look the same to both");

/* Index of an op in a process's table depends on the order in which its drivers were loaded. A
 * secondary process with another order would call this driver for the pools of another, and not
 * once: only the 1st, 2nd, 4th, 8th... time is logged. */
__rte_cold __rte_noinline int labyrinth_refuse(const struct rte_mempool *mp)
{
    static lab_atomic_t refusals;
    uint64_t before = lab_fetch_add_relaxed(&refusals, 1);

    if ((before & (before + 1)) == 0)
        LABYRINTH_LOG(ERR,
                      "mempool %s does not belong to this driver: this process loaded its mempool "
                      "drivers in another order than the primary process. Give both the same -d "
                      "options.",
                      mp->name);
    return -EINVAL;
}

/* The call's own place, and whether it is of one of DPDK's caches: their arrays are its objects'
 * then, and whoever has the object is another. With cache=off they go through such an array, and no
 * further. */
static inline const void *site_of(const struct rte_mempool *mp, const void *address,
                                  void *const *objs)
{
    uint64_t offset = (uint64_t)(uintptr_t)objs - (uint64_t)(uintptr_t)mp->local_cache;

    if (labyrinth_cache_size(mp) > 0 && offset < RTE_MAX_LCORE * sizeof(*mp->local_cache))
        address = (const void *)((uintptr_t)address | LABYRINTH_SITE_CACHE);
    return address;
}

/* The calls that the hot paths do not serve: called by a jump, so that they return to where the op
 * was to return to. rte_mempool's functions are inline: that is the place of the program's call, or
 * not far from it (labyrinth_caller.c). */
static __rte_noinline int enqueue_slow(const struct rte_mempool *mp, void *const *objs,
                                       unsigned int n)
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

static __rte_noinline int dequeue_slow(const struct rte_mempool *mp, void **objs, unsigned int n)
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

static int labyrinth_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    struct lab_pool *pool = mp->pool_data;
    uint32_t lcore;

    if (unlikely(pool->magic != LAB_POOL_MAGIC))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (LAB_POOL_CHECKS && lab_pool_check(pool, lcore, objs, n) != 0)
        return -EINVAL;
    /* Many PMDs free one mbuf at a time. The same line again, since a constant n leaves less than
     * half of it over. */
    if (n == 1)
        return lab_pool_put_hot(pool, lcore, objs, 1) ? 0 : enqueue_slow(mp, objs, 1);
    return lab_pool_put_hot(pool, lcore, objs, n) ? 0 : enqueue_slow(mp, objs, n);
}

static int labyrinth_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    struct lab_pool *pool = mp->pool_data;
    uint32_t lcore;

    if (unlikely(pool->magic != LAB_POOL_MAGIC))
        return labyrinth_refuse(mp);
    lcore = rte_lcore_id();
    if (n == 1) /* as above */
        return lab_pool_get_hot(pool, lcore, objs, 1) ? 0 : dequeue_slow(mp, objs, 1);
    return lab_pool_get_hot(pool, lcore, objs, n) ? 0 : dequeue_slow(mp, objs, n);
}

/* The same in a process that may not have made the pool (labyrinth_table.c). */
static inline void note_arrival(struct lab_pool *pool)
{
    if (pool->magic == LAB_POOL_MAGIC &&
        unlikely(lab_load_relaxed(&pool->state.is_multi_process) == 0))
        (void)lab_pool_announce(pool);
}

static int arriving_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    note_arrival(mp->pool_data);
    return labyrinth_enqueue(mp, objs, n);
}

static int arriving_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    note_arrival(mp->pool_data);
    return labyrinth_dequeue(mp, objs, n);
}

static unsigned int labyrinth_get_count(const struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;

    if (pool == NULL) /* not populated yet, but on the list that telemetry walks */
        return 0;
    if (pool->magic != LAB_POOL_MAGIC) {
        (void)labyrinth_refuse(mp);
        return 0;
    }
    if (labyrinth_is_handle(mp)) {
        struct lab_pool_stats stats;

        lab_pool_stats(pool, &stats);
        return stats.free - RTE_MIN(stats.reserve, stats.free);
    }
    return lab_pool_count(pool);
}

static const struct rte_mempool_ops labyrinth_ops = {
    .name = LABYRINTH_OPS_NAME,
    .alloc = labyrinth_alloc,
    .free = labyrinth_free,
    .enqueue = arriving_enqueue,
    .dequeue = arriving_dequeue,
    .get_count = labyrinth_get_count,
    .populate = labyrinth_populate,
};

/* In place of these two, in a process that need not say that it is there. */
static const struct rte_mempool_ops maker_ops = {
    .enqueue = labyrinth_enqueue,
    .dequeue = labyrinth_dequeue,
};

/* A constructor of its own rather than RTE_MEMPOOL_REGISTER_OPS, because it comes behind DPDK's own
 * drivers, and because a full table must not be found out by the name being unknown. */
RTE_INIT(labyrinth_register)
{
    struct labyrinth_options options;
    enum lab_barrier barrier;

    if (!labyrinth_table_enter(&labyrinth_ops, &maker_ops))
        return;
    if (lab_barrier_register(LAB_BARRIER_PRIVATE, &barrier) != 0 || barrier == LAB_BARRIER_FENCE)
        LABYRINTH_LOG(NOTICE, "every get from a new pool costs a fence: there is no membarrier(2) "
                              "here, or LABYRINTH_BARRIER=fence");
    labyrinth_telemetry_register();
    /* Wrong options are reported when a pool is created. */
    if (labyrinth_options_read(&options, NULL) == 0)
        labyrinth_report_start(&options);
    else
        options = (struct labyrinth_options){0};
    labyrinth_control_register(&options);
    labyrinth_caller_prepare();
    lab_audit_resolve_by(labyrinth_caller);
}
