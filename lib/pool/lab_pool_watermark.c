/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many objects are free, as the slow paths see it now and then. */

#include <lab_pool.h>
#include <lab_pool_core.h>

void lab_pool_sample_free(struct lab_pool *pool)
{
    uint64_t free = lab_pool_count(pool);
    uint64_t fewest = lab_load_relaxed(&pool->low_free);

    while (free < fewest && !lab_cas_relaxed(&pool->low_free, &fewest, free))
        ;
    (void)lab_watermark_update(&pool->watermark, &pool->limits, (int64_t)free, &pool->sequence);
}

enum lab_pressure lab_pool_pressure(struct lab_pool *pool)
{
    lab_pool_sample_free(pool);
    return (enum lab_pressure)lab_load_relaxed(&pool->watermark.pressure);
}
