/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How many things are free, as the slow paths see it now and then: the fewest yet, and marks. */

#include <lab_pool.h>
#include <lab_pool_slow.h>

static const char *const crossing_names[LAB_POOL_CROSSINGS] = {
    [LAB_POOL_BELOW_LOW] = "below_low",
    [LAB_POOL_EMPTIED] = "emptied",
    [LAB_POOL_ABOVE_HIGH] = "above_high",
};

static const char *const pressure_names[] = {
    [LAB_POOL_CALM] = "calm",
    [LAB_POOL_IS_LOW] = "below low",
    [LAB_POOL_IS_EMPTY] = "empty",
};

const char *lab_pool_crossing_name(enum lab_pool_crossing crossing)
{
    return (unsigned)crossing < LAB_POOL_CROSSINGS ? crossing_names[crossing] : NULL;
}

const char *lab_pool_pressure_name(enum lab_pool_pressure pressure)
{
    return (unsigned)pressure <= LAB_POOL_IS_EMPTY ? pressure_names[pressure] : NULL;
}

static enum lab_pool_pressure pressure_at(const struct lab_pool *pool, uint64_t free,
                                          enum lab_pool_pressure before)
{
    if (free == 0)
        return LAB_POOL_IS_EMPTY;
    if (free <= pool->low)
        return LAB_POOL_IS_LOW;
    if (free >= pool->high || before == LAB_POOL_CALM)
        return LAB_POOL_CALM;
    return LAB_POOL_IS_LOW;
}

static void tell(struct lab_pool_marks *marks, enum lab_pool_crossing crossing)
{
    (void)lab_fetch_add_relaxed(&marks->count[crossing], 1);
    lab_fence_seq_cst(); /* M1 */
    (void)lab_fetch_add_relaxed(&marks->sequence, 1);
}

/* Whoever brings the pressure forward tells of it; one who loses against another leaves it to the
 * next that comes by. */
static void cross(struct lab_pool *pool, uint64_t free)
{
    struct lab_pool_marks *marks = &pool->marks;
    uint64_t before = lab_load_relaxed(&marks->pressure);
    uint64_t now = pressure_at(pool, free, (enum lab_pool_pressure)before);

    if (lab_likely(now == before) || !lab_cas_relaxed(&marks->pressure, &before, now))
        return;
    if (before == LAB_POOL_CALM)
        tell(marks, LAB_POOL_BELOW_LOW);
    if (now == LAB_POOL_IS_EMPTY)
        tell(marks, LAB_POOL_EMPTIED);
    if (now == LAB_POOL_CALM)
        tell(marks, LAB_POOL_ABOVE_HIGH);
}

void lab_pool_gauge(struct lab_pool *pool)
{
    uint64_t free = lab_pool_count(pool);
    uint64_t fewest = lab_load_relaxed(&pool->low_free);

    while (free < fewest && !lab_cas_relaxed(&pool->low_free, &fewest, free))
        ;
    cross(pool, free);
}

enum lab_pool_pressure lab_pool_watch(struct lab_pool *pool)
{
    lab_pool_gauge(pool);
    return (enum lab_pool_pressure)lab_load_relaxed(&pool->marks.pressure);
}

void lab_pool_events(const struct lab_pool *pool, struct lab_pool_events *ret_events)
{
    const struct lab_pool_marks *marks = &pool->marks;

    *ret_events = (struct lab_pool_events){
        .pressure = (enum lab_pool_pressure)lab_load_relaxed(&marks->pressure),
        .low = pool->low,
        .high = pool->high,
    };
    for (int i = 0; i < LAB_POOL_CROSSINGS; i++)
        ret_events->count[i] = lab_load_relaxed(&marks->count[i]);
}
