/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The reserve: objects of their own, in a stack of their own, known by their indices.
 *
 *     held of the reserve + depth of pool->reserve = pool->reserved
 *
 * While one of them is held, `intercepted` is not 0 and every put looks where each object belongs:
 * so none of them ever gets into a deque. The holder of one knows of the count, since the thread
 * that gave it raised that. While none is held, nobody looks. A thread that dies here leaves the
 * count too high, never too low. */

#include <lab_pool.h>
#include <lab_pool_core.h>

void lab_pool_hold_reserve(struct lab_pool *pool, int64_t n)
{
    lab_deque_set_intercept(&pool->set, n);
    (void)lab_fetch_add_relaxed(&pool->reserve_held, (uint64_t)n);
}

void lab_pool_widen_reserve(struct lab_pool *pool, const void *object)
{
    uintptr_t at = (uintptr_t)object, end = pool->reserve_from + pool->reserve_bytes;

    if (pool->reserve_bytes == 0 || at < pool->reserve_from) {
        pool->reserve_bytes = pool->reserve_bytes == 0 ? 1 : end - at;
        pool->reserve_from = at;
    } else if (at >= end) {
        pool->reserve_bytes = at - pool->reserve_from + 1;
    }
}

unsigned lab_pool_take_reserve(struct lab_pool *pool, struct lab_stack *to, unsigned n)
{
    unsigned got = 0, came;

    lab_pool_hold_reserve(pool,
                          n); /* before the first of them is out, also for one who dies here */
    do {
        came = lab_stack_move_any(&pool->reserve, to, n - got);
        got += came;
    } while (came > 0 && got < n);
    lab_pool_hold_reserve(pool, (int64_t)got - n);
    return got;
}

unsigned lab_pool_give_reserve(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                               unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned k = 0, put;

    do
        indices[k] = lab_pool_find_reserve(pool, objects[k]);
    while (indices[k] != LAB_POOL_NO_INDEX && ++k < n && k < LAB_STACK_BURST);
    put = lab_stack_push_any(&pool->reserve, indices, k);
    lab_pool_hold_reserve(pool,
                          -(int64_t)put); /* after the last of them; what lay there was not held */
    if (put < k)
        lab_pool_add_to_counter(pool, lcore_index, LAB_POOL_PUT_TWICE, k - put);
    return k;
}

bool lab_pool_is_reserve(const struct lab_pool *pool, const void *object)
{
    return lab_pool_reserve_is_held(pool) &&
           lab_pool_find_reserve(pool, object) != LAB_POOL_NO_INDEX;
}
