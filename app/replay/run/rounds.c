/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int rounds_open(struct rounds *ret_rounds, unsigned n_pools, unsigned repeat)
{
    struct rounds rounds = {
        .n_pools = n_pools,
        .repeat = repeat,
        .results = calloc((size_t)n_pools * repeat, sizeof(*rounds.results)),
    };

    if (rounds.results == NULL)
        return -ENOMEM;
    *ret_rounds = rounds;
    return 0;
}

void rounds_close(struct rounds *rounds)
{
    for (unsigned i = 0; rounds->results != NULL && i < rounds->n_pools * rounds->repeat; i++)
        free(rounds->results[i].series);
    free(rounds->results);
}

struct run_result *rounds_next(struct rounds *rounds, unsigned pool)
{
    return &rounds->results[pool * rounds->repeat + rounds->n[pool]];
}

void rounds_done(struct rounds *rounds, unsigned pool)
{
    rounds->n[pool]++;
}

static void speeds(const struct rounds *rounds, unsigned pool, double values[])
{
    for (unsigned i = 0; i < rounds->n[pool]; i++)
        values[i] = result_mpps(&rounds->results[pool * rounds->repeat + i]);
}

struct run_result rounds_median(const struct rounds *rounds, unsigned pool)
{
    const struct run_result *own = &rounds->results[pool * rounds->repeat];
    double values[STATISTICS_MAX] = {0}, firsts[STATISTICS_MAX] = {0};
    unsigned n = rounds->n[pool], middle = 0;
    struct run_result result;
    struct spread spread;

    speeds(rounds, pool, values);
    spread = spread_of(values, n);
    for (unsigned i = 1; i < n; i++) {
        if (fabs(values[i] - spread.median) < fabs(values[middle] - spread.median))
            middle = i;
    }
    result = own[middle];
    result.rounds = n;
    result.mpps_spread = spread;
    for (unsigned i = 0; i < n; i++)
        result.interrupted |= own[i].stopped == STOP_SIGNAL;
    speeds(rounds, 0, firsts);
    if (!spread_of_ratios(values, firsts, RTE_MIN(n, rounds->n[0]), &result.ratio))
        result.ratio = (struct spread){0};
    return result;
}
