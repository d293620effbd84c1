/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_FINDINGS_H
#define REPLAY_FINDINGS_H

#include "life/meter.h"

#include <rte_mempool.h>

/* The sums of the meters of all lcores. */

struct quantiles {
    uint64_t n; /* samples; the others are 0 without any */
    double p50;
    double p90;
    double p99;
    double p999;
    double p9999;
    double max;
};

struct findings {
    struct quantiles get;     /* cycles a buffer */
    struct quantiles put;     /* same */
    struct quantiles latency; /* ns from descriptor to free */
    double occupancy_mean;    /* buffers outside of the pool */
    uint64_t occupancy_high;
    bool has_steals; /* the pool is one that counts them */
    uint64_t steals; /* bursts taken from other lcores, or of their private parts */
};

/* 0 or -ENOMEM. */
int findings_gather(const struct meter meters[], unsigned n, struct findings *ret_findings);

/* Times so far that buffers of one lcore have been taken by another; false when the pool's driver
 * does not count that. */
bool findings_steals(const struct rte_mempool *pool, uint64_t *ret_steals);

#endif
