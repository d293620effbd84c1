/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many objects are free, as the slow paths see it now and then. */

#include <lab_pool.h>
#include <lab_pool_core.h>
#include <lab_probe.h>

/* For those who trace. */
static LAB_COLD void show_crossings(const struct lab_pool *pool, unsigned crossed, uint64_t free)
{
    if ((crossed & 1u << LAB_BELOW_LOW) != 0)
        LAB_PROBE3(low, pool->name, free, pool->limits.low);
    if ((crossed & 1u << LAB_BELOW_MIN) != 0)
        LAB_PROBE2(empty, pool->name, free);
    if ((crossed & 1u << LAB_ABOVE_HIGH) != 0)
        LAB_PROBE3(high, pool->name, free, pool->limits.high);
}

void lab_pool_sample_free(struct lab_pool *pool)
{
    uint64_t free = lab_pool_count(pool);
    uint64_t fewest = lab_load_relaxed(&pool->low_free);
    unsigned crossed;

    while (free < fewest && !lab_cas_relaxed(&pool->low_free, &fewest, free))
        ;
    crossed = lab_watermark_update(&pool->watermark, &pool->limits, (int64_t)free, &pool->sequence);
    if (lab_unlikely(crossed != 0))
        show_crossings(pool, crossed, free);
}

enum lab_pressure lab_pool_pressure(struct lab_pool *pool)
{
    lab_pool_sample_free(pool);
    return (enum lab_pressure)lab_load_relaxed(&pool->watermark.pressure);
}
