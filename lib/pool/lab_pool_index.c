/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The caller's objects: how a pool learns of them, and the way from one to its index.
 *
 *     S1 CAS of `strangers` by a thread that is to adopt   acquire   pairs with S2
 *     S2 its store when it has done                        release   pairs with S1 */

#include <lab_os.h>
#include <lab_pool.h>
#include <lab_pool_core.h>

/* A thread that finds another one adopting yields this often before it gives up: some milliseconds,
 * where adopting takes less than a microsecond. Only a process that died there keeps it for
 * longer. */
#define YIELDS_MAX 10000

int lab_pool_know(struct lab_pool *pool, void *object)
{
    uint32_t at = lab_pool_hash(pool, object);

    if (pool->adopted == pool->count)
        return -ENOSPC;
    for (; pool->hash[at] != 0; at = (at + 1) & pool->hash_mask)
        if (pool->objects[pool->hash[at] - 1] == object)
            return -EEXIST;
    if (pool->adopted < pool->reserved)
        lab_pool_widen_reserve(pool, object);
    pool->objects[pool->adopted++] = object;
    pool->hash[at] = pool->adopted;
    return 0;
}

static int adopt(struct lab_pool *pool, void *object)
{
    int rc = lab_pool_know(pool, object);

    if (rc == 0 && pool->adopted <= pool->reserved)
        lab_pool_hold_reserve(pool, 1);
    return rc;
}

/* Whether this thread may adopt strangers now: others wait then, or find the pool closed. */
static bool begin_adopting(struct lab_pool *pool)
{
    for (int i = 0; i < YIELDS_MAX; i++) {
        uint64_t found = LAB_POOL_OPEN;

        /* S1: or it does not see what the thread before has adopted */
        if (lab_cas_acquire(&pool->strangers, &found, LAB_POOL_ADOPTING))
            return true;
        if (found != LAB_POOL_ADOPTING || pool->stride != 0) /* what makes no sense, too */
            return false;
        lab_os_yield();
    }
    return false;
}

static void end_adopting(struct lab_pool *pool, bool closes)
{
    /* S2: or the next thread to adopt does not see what this one has */
    lab_store_release(&pool->strangers, closes ? LAB_POOL_CLOSED : LAB_POOL_OPEN);
    if (closes)
        lab_deque_set_intercept(&pool->set, -1); /* puts may take the hot path from now on */
}

LAB_COLD void lab_pool_adopt_strangers(struct lab_pool *pool, void *const *objects, unsigned n)
{
    if (!begin_adopting(pool))
        return;
    for (unsigned i = 0; i < n; i++)
        (void)adopt(pool, objects[i]);
    end_adopting(pool, pool->adopted == pool->count);
}

int lab_pool_adopt(struct lab_pool *pool, void *object)
{
    if (begin_adopting(pool))
        end_adopting(pool, true);
    return adopt(pool, object);
}

int lab_pool_core_disown_all(struct lab_pool *pool)
{
    if (pool->stride != 0 || pool->arena != NULL)
        return -EINVAL;
    if (lab_pool_count(pool) != 0)
        return -EBUSY;
    lab_pool_hold_reserve(
        pool, -(int64_t)(pool->adopted < pool->reserved ? pool->adopted : pool->reserved));
    pool->reserve_bytes = 0;
    memset(pool->hash, 0, ((size_t)pool->hash_mask + 1) * sizeof(*pool->hash));
    lab_store_relaxed(&pool->low_free, pool->count);
    pool->adopted = 0;
    return 0;
}

int lab_pool_index(const struct lab_pool *pool, const void *object, uint32_t *ret_index)
{
    uint32_t index = lab_pool_find(pool, object);

    if (index == LAB_POOL_NO_INDEX)
        return -ENOENT;
    *ret_index = index;
    return 0;
}
