/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The DPDK mempool driver: ops name "labyrinth".
 *
 * A Labyrinth pool for the mempool's objects lies in rte_malloc memory, where secondary processes
 * see it at the same address. Any op may run on a thread without an lcore id. Enqueue cannot fail:
 * rte_mempool ignores its result, so a failure would be a leak. */

#include <inttypes.h>
#include <lab_pool.h>
#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <string.h>

/* Processors fetch lines in pairs. A pool of an odd number of lines would shift what the program
 * allocates next, with what two lcores write in one pair: 0.82 of the speed of labyrinth-replay on
 * two queues. */
#define POOL_ALIGN (2 * RTE_CACHE_LINE_SIZE)

#include "labyrinth_arrival.h"
#include "labyrinth_audit.h"
#include "labyrinth_cache.h"
#include "labyrinth_caller.h"
#include "labyrinth_driver.h"
#include "labyrinth_mbuf.h"
#include "labyrinth_options.h"
#include "labyrinth_order.h"
#include "labyrinth_private.h"
#include "labyrinth_reclaim.h"
#include "labyrinth_report.h"
#include "labyrinth_slot.h"

RTE_LOG_REGISTER(labyrinth_logtype, mempool.labyrinth, NOTICE);

/* LCORE_ID_ANY, which a thread without an id has, is the pool's word for the same. */
_Static_assert(LCORE_ID_ANY == LAB_LCORE_ANY, "threads without an id look the same to both");

/* Lcores that can have a deque: those that run now, and some more, for threads that register later
 * and for secondary processes. Up to 8 deques have room for the whole pool each. */
static uint32_t deques_wanted(void)
{
    uint32_t lcores = RTE_MAX(8u, rte_lcore_count() + 4);

    return RTE_MIN(lcores, LAB_LCORE_MAX);
}

/* Index of an op in a process's table depends on the order in which its drivers were loaded. A
 * secondary process with another order would call this driver for the pools of another, and not
 * once: only the 1st, 2nd, 4th, 8th... time is logged. */
static __rte_cold __rte_noinline int refuse(const struct rte_mempool *mp)
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

/* What the hot paths leave over: called by a jump, so that what these return to is what the op was
 * to return to. rte_mempool's functions are inline: that is the place of the program's call, or not
 * far from it (labyrinth_caller.h). */
static __rte_noinline int enqueue_slow(struct lab_pool *pool, void *const *objs, unsigned int n)
{
    struct lab_audit_site site = {__builtin_return_address(0), __builtin_dwarf_cfa()};

    return lab_pool_put_slow_from(pool, rte_lcore_id(), objs, n, site);
}

/* What happened cannot be undone, and is the same for all pools: told once. */
static __rte_cold __rte_noinline void tell_refused(void)
{
    static lab_atomic_t told;
    uint64_t no = 0;

    if (lab_load_relaxed(&told) == 0 && lab_cas_relaxed(&told, &no, 1))
        LABYRINTH_LOG(NOTICE,
                      "membarrier(2) is refused since the mempools were made: every get fences "
                      "from now on, which is slower. Allow it in the filter of system calls.");
}

static __rte_noinline int dequeue_slow(const struct rte_mempool *mp, void **objs, unsigned int n)
{
    struct lab_audit_site site = {__builtin_return_address(0), __builtin_dwarf_cfa()};
    struct lab_pool *pool = mp->pool_data;
    unsigned int gfp = LAB_GFP_NOWAIT;
    int rc;

    /* Where there is a reserve, the mempool itself is for receive queues (lab_mbuf.h). */
    if (pool->reserved > 0 && !labyrinth_is_handle(mp))
        gfp = LAB_GFP_ATOMIC;
    rc = lab_pool_get_slow_from(pool, rte_lcore_id(), gfp, objs, n, site);
    if (unlikely(lab_load_relaxed(&pool->refused) != 0))
        tell_refused();
    return rc;
}

static int labyrinth_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    struct lab_pool *pool = mp->pool_data;
    uint32_t lcore;

    if (unlikely(pool->magic != LAB_POOL_MAGIC))
        return refuse(mp);
    lcore = rte_lcore_id();
    if (LAB_POOL_CHECKS && lab_pool_check(pool, lcore, objs, n) != 0)
        return -EINVAL;
    /* Many PMDs free one mbuf at a time. The same line again, since a constant n leaves less than
     * half of it over. */
    if (n == 1)
        return lab_pool_put_hot(pool, lcore, objs, 1) ? 0 : enqueue_slow(pool, objs, 1);
    return lab_pool_put_hot(pool, lcore, objs, n) ? 0 : enqueue_slow(pool, objs, n);
}

static int labyrinth_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    struct lab_pool *pool = mp->pool_data;
    uint32_t lcore;

    if (unlikely(pool->magic != LAB_POOL_MAGIC))
        return refuse(mp);
    lcore = rte_lcore_id();
    if (n == 1) /* as above */
        return lab_pool_get_hot(pool, lcore, objs, 1) ? 0 : dequeue_slow(mp, objs, 1);
    return lab_pool_get_hot(pool, lcore, objs, n) ? 0 : dequeue_slow(mp, objs, n);
}

/* The same in a process that may not have made the pool: labyrinth_arrival.h. */
static int arriving_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    labyrinth_arrival_note(mp->pool_data);
    return labyrinth_enqueue(mp, objs, n);
}

static int arriving_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    labyrinth_arrival_note(mp->pool_data);
    return labyrinth_dequeue(mp, objs, n);
}

static unsigned int labyrinth_get_count(const struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;

    if (pool == NULL) /* not populated yet, but on the list that telemetry walks */
        return 0;
    if (pool->magic != LAB_POOL_MAGIC) {
        (void)refuse(mp);
        return 0;
    }
    if (labyrinth_is_handle(mp)) {
        struct lab_pool_stats stats;

        lab_pool_stats(pool, &stats);
        return stats.free - RTE_MIN(stats.reserve, stats.free);
    }
    return lab_pool_count(pool);
}

/* What LABYRINTH_OPTIONS asks for, as far as the pool itself is concerned. */
static int apply_options(struct rte_mempool *mp, struct labyrinth_options *options,
                         struct lab_pool_options *pool_options, struct lab_error *error)
{
    int rc = labyrinth_options_read(options, error);

    if (rc != 0)
        return rc;
    labyrinth_audit_prepare(mp, options);
    pool_options->audit = options->audit;
    if (!options->no_claim)
        labyrinth_mbuf_claim(mp, pool_options);
    return 0;
}

/* And what it asks for beside the pool, once that is there: it may fail, and the program then make
 * the same mempool with another driver. */
static void follow_options(struct rte_mempool *mp, const struct labyrinth_options *options)
{
    if (options->no_cache)
        labyrinth_cache_off(mp);
    if (options->audit.level == LAB_AUDIT_FULL && options->reclaim)
        labyrinth_reclaim_start();
    if (((const struct lab_pool *)mp->pool_data)->audit != NULL) {
        labyrinth_caller_prepare();
        labyrinth_audit_follow(mp);
    }
}

/* The pool for such options, in DPDK's memory: 0, or -errno after a sentence in *error. */
static int make_pool(const struct rte_mempool *mp, const struct lab_pool_options *options,
                     struct lab_pool **ret_pool, struct lab_error *error)
{
    size_t bytes;
    void *memory;
    int rc = lab_pool_footprint(options, &bytes, error);

    if (rc != 0)
        return rc;
    bytes = RTE_ALIGN_CEIL(bytes, POOL_ALIGN);
    memory = rte_zmalloc_socket("labyrinth", bytes, POOL_ALIGN, mp->socket_id);
    if (memory == NULL)
        return lab_error_set(
            error, -ENOMEM,
            "mempool %s needs %zu KiB on socket %d for its deques, and DPDK has no such "
            "piece free: reserve more huge pages (`hugeadm --pool-pages-min 2MB:N`), or "
            "raise -m or --socket-mem",
            mp->name, bytes / 1024, mp->socket_id);
    rc = lab_pool_init(memory, options, ret_pool, error);
    if (rc != 0)
        rte_free(memory);
    return rc;
}

static int labyrinth_alloc(struct rte_mempool *mp)
{
    const struct labyrinth_private *private = labyrinth_private_of(mp);
    struct lab_pool_options pool_options = {
        .name = mp->name,
        .count = mp->size,
        .lcores = RTE_MAX_LCORE,
        .deques = deques_wanted(),
        .shared = true,
        .takes_strangers = true, /* a program may enqueue its objects itself, and not populate */
    };
    struct labyrinth_options options;
    struct lab_pool *pool;
    struct lab_error error;
    int rc;

    if (labyrinth_is_handle(mp)) {
        mp->pool_data = private->whole->pool_data;
        return 0;
    }
    if (private != NULL) {
        pool_options.reserve = private->reserve;
        pool_options.low = private->low;
        pool_options.high = private->high;
    }
    rc = apply_options(mp, &options, &pool_options, &error);
    if (rc == 0)
        rc = make_pool(mp, &pool_options, &pool, &error);
    if (rc != 0) {
        LABYRINTH_LOG(ERR, "%s", error.message);
        return rc;
    }
    labyrinth_arrival_made(pool);
    mp->pool_data = pool;
    follow_options(mp, &options);
    return 0;
}

static void labyrinth_free(struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;
    const struct labyrinth_private *private = labyrinth_private_of(mp);

    if (pool != NULL && pool->magic != LAB_POOL_MAGIC) {
        (void)refuse(mp);
        return;
    }
    if (labyrinth_is_handle(mp)) {
        mp->pool_data = NULL;
        return;
    }
    if (private != NULL)
        rte_mempool_free(private->nowait);
    if (pool != NULL)
        labyrinth_audit_forget(mp);
    rte_free(mp->pool_data);
    mp->pool_data = NULL;
}

/* The caller's callback for each object of a chunk, and how ours went before it. */
struct population {
    rte_mempool_populate_obj_cb_t *obj_cb;
    void *obj_cb_arg;
    int rc;
};

/* The pool must know an object before rte_mempool enqueues it. */
static void adopt(struct rte_mempool *mp, void *opaque, void *obj, rte_iova_t iova)
{
    struct population *population = opaque;
    int rc = lab_pool_adopt(mp->pool_data, obj);

    if (rc != 0)
        population->rc = rc;
    population->obj_cb(mp, population->obj_cb_arg, obj, iova);
}

static int labyrinth_populate(struct rte_mempool *mp, unsigned int max_objs, void *vaddr,
                              rte_iova_t iova, size_t len, rte_mempool_populate_obj_cb_t *obj_cb,
                              void *obj_cb_arg)
{
    struct population population = {.obj_cb = obj_cb, .obj_cb_arg = obj_cb_arg};
    int n;

    /* When memory ends half-way, rte_mempool takes all objects out again, and may come back with
     * memory of another kind. */
    if (mp->populated_size == 0 && lab_pool_disown_all(mp->pool_data) != 0)
        return -EBUSY;
    n = rte_mempool_op_populate_default(mp, max_objs, vaddr, iova, len, adopt, &population);
    if (population.rc != 0) {
        LABYRINTH_LOG(ERR, "mempool %s: an object at %p was populated twice, or is one too many",
                      mp->name, vaddr);
        return population.rc;
    }
    /* The lcore that fills a pool is seldom one of those that use it. */
    (void)lab_pool_publish(mp->pool_data, rte_lcore_id());
    return n;
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
    int index;

    if (labyrinth_slot_is_taken(LABYRINTH_OPS_NAME))
        return;
    labyrinth_order_load_others();
    index = labyrinth_slot_take(&labyrinth_ops);
    if (index >= 0)
        labyrinth_arrival_start(index, &maker_ops);
    else
        LABYRINTH_LOG(ERR,
                      "no free slot among DPDK's %d mempool ops: load this driver first, with "
                      "-d librte_mempool_labyrinth.so, and leave out drivers that are not needed: "
                      "those of -d, and in the folder from which DPDK loads by itself",
                      RTE_MEMPOOL_MAX_OPS_IDX);
    if (lab_barrier_register(LAB_BARRIER_PRIVATE, &barrier) != 0 || barrier == LAB_BARRIER_FENCE)
        LABYRINTH_LOG(NOTICE, "every get from a new pool costs a fence: there is no membarrier(2) "
                              "here, or LABYRINTH_BARRIER=fence");
    labyrinth_telemetry_register();
    /* Wrong options are told when a pool is created. */
    if (labyrinth_options_read(&options, NULL) == 0)
        labyrinth_report_start(&options);
    labyrinth_caller_prepare();
    lab_audit_resolve_by(labyrinth_caller);
}
