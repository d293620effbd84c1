/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_ROUNDS_H
#define REPLAY_ROUNDS_H

#include "report/result.h"

/* Several rounds of the same pools: each pool's result is that of its round in the middle, by
 * speed, with the spread of all and the ratio to the first pool, paired by round, since two turns
 * of a round had the same machine. */
struct rounds {
    unsigned n_pools;
    unsigned repeat;
    unsigned n[OPTIONS_MAX_POOLS]; /* rounds that are done, of each */
    struct run_result *results;    /* of pool i in round j: at i * repeat + j */
};

/* 0 or -ENOMEM. */
int rounds_open(struct rounds *ret_rounds, unsigned n_pools, unsigned repeat);
void rounds_close(struct rounds *rounds);

/* Where the next result of a pool goes; rounds_done() when it is there. */
struct run_result *rounds_next(struct rounds *rounds, unsigned pool);
void rounds_done(struct rounds *rounds, unsigned pool);

/* The result of the pool's rounds, as long as the rounds are kept. It must have one. */
struct run_result rounds_median(const struct rounds *rounds, unsigned pool);

#endif
