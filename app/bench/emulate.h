/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_EMULATE_H
#define BENCH_EMULATE_H

#include "turn.h"

/* Lcores in one thread, as many as one likes, a burst each in random order: no time is taken, but
 * what the pool does is counted, exactly, and the same in every run. Such lcores never meet inside
 * a call, so this says how often they disturb each other, and not what that costs. */

/* The lcores that receive (get), and those that free (put) what they received. */
enum traffic {
    TRAFFIC_LOCAL,   /* each frees its own: run to completion */
    TRAFFIC_PAIRS,   /* one receives, its neighbour frees: a pipeline */
    TRAFFIC_FAN_OUT, /* the first receives, all others free */
    TRAFFIC_FAN_IN,  /* all others receive, the last frees */
    TRAFFIC_RANDOM,  /* each receives, and any frees */
};

/* Runs the traffic of the setting's pattern with turn->contender: setting->held buffers wait on
 * each lcore that frees before the oldest are freed. First buffers are received until the pool
 * comes to rest, then as many again are counted; setting->lru_bytes is the size of a cache that
 * they pass. 0 or -errno. */
int emulate(const struct turn *turn, double ret_values[MEASURES]);

/* Why it cannot be done with this pool; NULL when it can. */
const char *emulate_objection(const char *pool);

#endif
