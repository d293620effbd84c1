/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_LEVEL_H
#define LAB_LEVEL_H

/* The number of a zone's pages that are out, counted by many threads that do not share a line for
 * it.
 *
 * Every lcore counts for itself and adds what it has to the sum when that is more than `drift`. At
 * rest, if nobody was killed inside lab_level_add(),
 *
 *     pages out = sum + what each lcore has not added yet,  |the latter| <= drift
 *
 * so the sum alone shows whether a watermark is far away, and only near one every lcore's count is
 * read. A thread that is killed leaves the level wrong by what it was moving, and by `drift` at
 * most.
 *
 * Progress: wait-free. Source: the per-CPU counters of Linux's zones (mm/vmstat.c). */

#include <lab_atomic.h>
#include <lab_common.h>

/* One lcore's part. */
struct lab_level_own {
    alignas(LAB_CACHE_LINE) lab_atomic_t out;
};

struct lab_level {
    alignas(LAB_CACHE_LINE) lab_atomic_t sum;
    struct lab_level_own *own; /* one for each lcore */
    uint32_t lcores;
    int64_t drift;
};

/* pages more are out, or fewer. lcore is the caller's own, or LAB_LCORE_ANY. */
LAB_INLINE void lab_level_add(struct lab_level *level, uint32_t lcore, int64_t pages)
{
    if (lab_likely(lcore < level->lcores)) {
        lab_atomic_t *own = &level->own[lcore].out;
        int64_t sum = (int64_t)lab_load_relaxed(own) + pages;

        if (lab_likely(sum <= level->drift && sum >= -level->drift)) {
            lab_store_relaxed(own, (uint64_t)sum);
            return;
        }
        lab_store_relaxed(own, 0);
        pages = sum;
    }
    (void)lab_fetch_add_relaxed(&level->sum, (uint64_t)pages);
}

/* The most pages that can be out: near enough while a watermark is far away. */
LAB_INLINE int64_t lab_level_most(const struct lab_level *level)
{
    return (int64_t)lab_load_relaxed(&level->sum) + level->drift * level->lcores;
}

/* Pages that are out; exact while nobody counts. */
static inline int64_t lab_level_exact(const struct lab_level *level)
{
    int64_t out = (int64_t)lab_load_relaxed(&level->sum);

    for (uint32_t i = 0; i < level->lcores; i++)
        out += (int64_t)lab_load_relaxed(&level->own[i].out);
    return out;
}

#endif
