/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many objects are free, as the slow paths see it now and then. */

#include <lab_pool.h>
#include <lab_pool_core.h>

static const char *const crossing_names[LAB_CROSSINGS] = {
    [LAB_BELOW_LOW] = "below_low",
    [LAB_BELOW_MIN] = "emptied",
    [LAB_ABOVE_HIGH] = "above_high",
};

static const char *const pressure_names[] = {
    [LAB_PRESSURE_NONE] = "none",
    [LAB_PRESSURE_LOW] = "below low",
    [LAB_PRESSURE_MIN] = "empty",
};

const char *lab_pool_crossing_name(enum lab_crossing crossing)
{
    return (unsigned)crossing < LAB_CROSSINGS ? crossing_names[crossing] : NULL;
}

const char *lab_pool_pressure_name(enum lab_pressure pressure)
{
    return (unsigned)pressure <= LAB_PRESSURE_MIN ? pressure_names[pressure] : NULL;
}

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

void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events)
{
    const struct lab_watermark *watermark = &pool->watermark;

    *ret_events = (struct lab_pool_events){
        .pressure = (enum lab_pressure)lab_load_relaxed(&watermark->pressure),
        .low = (uint32_t)pool->limits.low - 1,
        .high = (uint32_t)pool->limits.high,
    };
    for (int i = 0; i < LAB_CROSSINGS; i++)
        ret_events->count[i] = lab_load_relaxed(&watermark->count[i]);
}
