/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The ops that make a mempool, fill it, and free it. Its pool lies in rte_malloc memory, where
 * secondary processes see it at the same address. */

#include <errno.h>
#include <lab_intercept.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "labyrinth_driver.h"
#include "labyrinth_private.h"
#include "labyrinth_site.h"

/* Processors fetch lines in pairs. A pool of an odd number of lines would shift what the program
 * allocates next, with what two lcores write in one pair: 0.82 of the speed of labyrinth-replay on
 * two queues. */
#define POOL_ALIGN (2 * RTE_CACHE_LINE_SIZE)

/* Lcores that can have a deque: those that run now, and some more, for threads that register later
 * and for secondary processes. Up to 8 deques have room for the whole pool each. */
static uint32_t deques_wanted(void)
{
    uint32_t lcores = RTE_MAX(8u, rte_lcore_count() + 4);

    return RTE_MIN(lcores, LAB_LCORE_MAX);
}

/* Where mbufs that come from another lcore are asked for in the exclusive state, Intel's processors
 * receive 1.3 to 1.6 times as fast; AMD's gain nothing, and take twice the time where nobody looks
 * into the mbufs. Others have not been measured. */
static bool is_prefetch_worth_it(void)
{
#ifdef RTE_ARCH_X86
    return __builtin_cpu_is("intel");
#else
    return false;
#endif
}

/* The words of LABYRINTH_OPTIONS, as far as the pool itself is concerned. */
static int apply_options(struct rte_mempool *mp, struct labyrinth_options *options,
                         struct lab_pool_options *pool_options, struct lab_error *error)
{
    int rc = labyrinth_options_read(options, error);

    if (rc != 0)
        return rc;
    labyrinth_options_fit(options, mp);
    pool_options->audit = options->audit;
    pool_options->circulate = options->circulate;
    if (options->circulate == LABYRINTH_CIRCULATE_AUTO)
        pool_options->circulate = labyrinth_circulate_auto(mp);
    if (options->prefetch == LABYRINTH_ON ||
        (options->prefetch == LABYRINTH_AUTO && is_prefetch_worth_it()))
        labyrinth_mbuf_prefetch(mp, pool_options);
    return 0;
}

/* And what it asks for beside the pool, once that is there: it may fail, and the program then make
 * the same mempool with another driver. */
static void follow_options(struct rte_mempool *mp, const struct labyrinth_options *options)
{
    struct lab_pool_audit_stats stats;

    if (options->cache == LABYRINTH_CACHE_OFF)
        labyrinth_cache_off(mp);
    else if (options->cache == LABYRINTH_CACHE_NONE)
        labyrinth_cache_none(mp);
    if (options->audit.level == LAB_AUDIT_FULL && options->reclaim)
        labyrinth_reclaim_start();
    lab_pool_audit_stats(mp->pool_data, &stats);
    if (stats.records)
        labyrinth_caller_prepare();
    if (stats.records || options->control)
        labyrinth_leaks_follow(mp);
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

int labyrinth_alloc(struct rte_mempool *mp)
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
    labyrinth_table_made(pool);
    mp->pool_data = pool;
    follow_options(mp, &options);
    return 0;
}

void labyrinth_free(struct rte_mempool *mp)
{
    const struct lab_pool *pool = mp->pool_data;
    const struct labyrinth_private *private = labyrinth_private_of(mp);

    if (pool != NULL && pool->magic != LAB_POOL_MAGIC) {
        (void)labyrinth_refuse(mp);
        return;
    }
    if (labyrinth_is_handle(mp)) {
        mp->pool_data = NULL;
        return;
    }
    if (private != NULL)
        rte_mempool_free(private->nowait);
    if (pool != NULL)
        labyrinth_leaks_forget(mp);
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

int labyrinth_populate(struct rte_mempool *mp, unsigned int max_objs, void *vaddr, rte_iova_t iova,
                       size_t len, rte_mempool_populate_obj_cb_t *obj_cb, void *obj_cb_arg)
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
