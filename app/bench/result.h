/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "line.h"
#include "options.h"
#include "statistics.h"

/* The measurements. */

/* One pool in one setting: every measure, sample for sample, so that those of one round, or of one
 * row of chunks, can be compared. */
struct entry {
    const char *pool;
    unsigned lost;            /* buffers that it never gave back */
    double *values[MEASURES]; /* NULL: has not been measured */
    bool *disturbed;          /* samples in which a worker lost its CPU */
};

struct result {
    struct setting setting;
    unsigned n_cpus;
    unsigned rounds;  /* that were completed */
    unsigned samples; /* of each pool: one of a round, or each row of chunks */
    unsigned n_entries;
    unsigned n_opened;     /* those that have memory: no fewer, where some pools were left out */
    struct entry *entries; /* NULL with `left_out` */
    struct line_trip line; /* between the first two lcores, where there are two */
    char left_out[160];    /* why there is nothing, or "" */
};

/* Gets memory for `samples` samples of each entry. False without. */
bool result_open(struct result *result, unsigned n_entries, unsigned samples);

/* All of them, in the order in which they were measured. */
struct results {
    struct line_trip line; /* at the beginning */
    struct result *results;
    unsigned n;
};

/* Disturbed samples are left out where there are enough others: see result_undisturbed(). */
struct spread result_spread(const struct result *result, unsigned entry, enum measure measure);

/* The samples in which neither entry was disturbed (`a` and `b` may be the same). Below
 * RESULT_ENOUGH of them, spreads and ratios are of all samples. */
#define RESULT_ENOUGH 20
unsigned result_undisturbed(const struct result *result, unsigned a, unsigned b);

/* By how much entry `a` is better than `b` in what the pattern is ranked by: above 1 is better,
 * also where less of the measure is more. */
bool result_ratio(const struct result *result, unsigned a, unsigned b, struct spread *ret_ratio);

/* The peer of entry `a` that comes nearest to it, or surpasses it most; false when there is none.
 */
bool result_best_peer(const struct result *result, unsigned a, unsigned *ret_peer);

/* The entry of DPDK's default mempool driver; false when it is not among them. */
bool result_default(const struct result *result, unsigned *ret_peer);

void results_free(struct results *results);

#endif
