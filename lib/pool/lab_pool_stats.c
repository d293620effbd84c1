/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A pool's report about itself. Reads only. */

#include <lab_pool_core.h>

static uint64_t count_free(const struct lab_pool *pool)
{
    return lab_deque_set_count_any(&pool->set, &pool->array) + lab_stack_count_any(&pool->stack) +
           lab_stack_count_any(&pool->reserve) + lab_load_relaxed(&pool->withheld);
}

uint32_t lab_pool_count(const struct lab_pool *pool)
{
    uint64_t free = count_free(pool);

    return free < pool->count ? (uint32_t)free : pool->count;
}

void lab_pool_stats(const struct lab_pool *pool, struct lab_pool_stats *ret_stats)
{
    uint32_t free = lab_pool_count(pool);
    uint64_t low = lab_load_relaxed(&pool->low_free);

    *ret_stats = (struct lab_pool_stats){
        .count = pool->count,
        .free = free,
        .stack = lab_stack_count_any(&pool->stack),
        .reserve = lab_stack_count_any(&pool->reserve),
        .reserved = pool->reserved,
        .high_water = pool->count - (low < free ? (uint32_t)low : free),
        .refused = lab_load_relaxed(&pool->state.is_refused) != 0,
    };
}

int lab_pool_lcore_stats(const struct lab_pool *pool, uint32_t lcore,
                         struct lab_pool_lcore_stats *ret_stats)
{
    const struct lab_deque *deque;
    struct lab_pool_lcore_stats stats = {0};
    uint64_t private_part, count, seen = 0;
    uint32_t lcore_index = lab_pool_lcore_index(lcore);

    if (lcore_index > pool->lcores)
        return -EINVAL;
    deque = &pool->deque[lcore_index];
    count = lab_deque_count_any(deque, &private_part);
    stats.private_part = (uint32_t)private_part;
    stats.public_part = count > private_part ? (uint32_t)(count - private_part) : 0;
    for (int i = 0; i < LAB_POOL_COUNTERS; i++) {
        stats.counter[i] = lab_load_relaxed(&pool->slow[lcore_index].counter[i]);
        seen += stats.counter[i];
    }
    /* Every lcore's first call goes the slow way, and leaves a count there. */
    if (seen == 0 && count == 0)
        return -ENOENT;
    *ret_stats = stats;
    return 0;
}

bool lab_pool_is_valid(const struct lab_pool *pool)
{
    uint64_t known = pool->adopted < pool->reserved ? pool->adopted : pool->reserved;

    return lab_deque_set_is_valid(&pool->set) && count_free(pool) <= pool->adopted &&
           lab_stack_count_any(&pool->reserve) + lab_load_relaxed(&pool->reserve_held) >= known;
}
