/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_CHUNKS_H
#define BENCH_CHUNKS_H

#include "mix.h"
#include "result.h"
#include "turn.h"

/* Turns of some microseconds, one pool after the other in random order: a row has one chunk of each
 * pool, so that a ratio compares two that are less than a millisecond apart. A machine under load
 * changes its temper from one tenth of a second to the next, and much less within a row.
 *
 * The lcores call no one for that: the first of them leads the others from chunk to chunk. How much
 * work makes a chunk is found out before the first row, and is the same in all. A quarter of it is
 * done before the time is taken, so that each pool finds in the caches what it had there. In each
 * row the workers' arrays begin at another cache line, for all pools the same, so that no pool is
 * measured with one chance placement of them alone. */

/* Lines by which the arrays move, in bytes. */
#define CHUNKS_ROOM 4096u

struct chunks {
    struct turn *turn;
    const struct contender *contenders; /* result->n_entries of them */
    const unsigned *lcores;
    unsigned slot_us;
    unsigned rows; /* of a round */
    struct result *result;

    /* The leader's. */
    uint64_t budget[CONTENDERS_MAX]; /* loops that make a chunk; 0: not known yet */
    struct mix_state random;

    /* Between the leader and the others. */
    size_t offset;                         /* of the workers' arrays, in words */
    bool is_last;                          /* the others are to return */
    lab_atomic_t step __rte_cache_aligned; /* two for each chunk: come, and go */
    lab_atomic_t ready __rte_cache_aligned;
    lab_atomic_t done __rte_cache_aligned;
} __rte_cache_aligned;

/* Measures one round, and appends its rows to the result. 0, -EINTR when a signal asked for an end,
 * or -errno from the pattern's set-up. */
int chunks_round(struct chunks *chunks);

#endif
