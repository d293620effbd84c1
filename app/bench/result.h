/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "options.h"
#include "statistics.h"

/* The measurements. */

/* One pool in one setting: every measure, round for round, so that rounds can be compared. */
struct entry {
    const char *pool;
    unsigned lost; /* buffers that it never gave back */
    double values[MEASURES][STATISTICS_MAX];
};

struct result {
    struct setting setting;
    unsigned n_cpus;
    unsigned rounds; /* that were completed */
    unsigned n_entries;
    struct entry *entries; /* NULL with `left_out` */
    char left_out[160];    /* why there is nothing, or "" */
};

/* All of them, in the order in which they were measured. */
struct results {
    struct result *results;
    unsigned n;
};

static inline struct spread result_spread(const struct result *result, unsigned entry,
                                          enum measure measure)
{
    return spread_of(result->entries[entry].values[measure], result->rounds);
}

/* By how much entry `a` is better than `b` in what the pattern is ranked by: above 1 is better,
 * also where less of the measure is more. */
bool result_ratio(const struct result *result, unsigned a, unsigned b, struct spread *ret_ratio);

/* The peer of entry `a` that comes nearest to it, or surpasses it most; false when there is none.
 */
bool result_best_peer(const struct result *result, unsigned a, unsigned *ret_peer);

void results_free(struct results *results);

#endif
