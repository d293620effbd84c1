/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_METER_H
#define REPLAY_METER_H

#include "histogram.h"

#include <lab_atomic.h>
#include <rte_cycles.h>
#include <rte_mbuf.h>
#include <stdbool.h>

/* The measurements of an lcore about buffers while it works. Times are taken of one poll in
 * METER_EVERY, which costs less than a hundredth of a run's speed, in cycles of the CPU's counter.
 * One thread's own, but for the two counters of buffers, which all read: what the counters of all
 * lcores differ by is outside of the pool. */

#define METER_EVERY 64

/* Cycles a buffer, in parts of this: a bulk of 32 may cost less than a cycle for each. */
#define METER_PARTS 64

struct meter {
    struct histogram get;     /* cycles a buffer, as above */
    struct histogram put;     /* same */
    struct histogram latency; /* cycles from descriptor to free */
    uint64_t polls;           /* of the receiving half */
    uint64_t releases;        /* of the freeing half */

    uint64_t occupancy_n; /* samples of what is outside of the pool */
    uint64_t occupancy_sum;
    uint64_t occupancy_max;

    uint64_t n_taken;
    uint64_t n_returned;
    lab_atomic_t taken; /* the same, for others to read */
    lab_atomic_t returned;
    lab_atomic_t latency_n; /* what the latencies so far come to, for monitor.c */
    lab_atomic_t latency_sum;
    lab_atomic_t latency_peak; /* since monitor.c last set it to 0; it may miss one */
} __rte_cache_aligned;

/* Makes room in mbufs for the time at which they were filled. 0 or -errno. Once. */
int meter_register(void);

/* Counts a poll, and says whether it is to be timed. */
static inline bool meter_turn(uint64_t *polls)
{
    return (*polls)++ % METER_EVERY == 0;
}

/* Notes that n buffers took `cycles`. */
static inline void meter_add(struct histogram *histogram, uint64_t cycles, unsigned n)
{
    if (n > 0)
        histogram_add(histogram, cycles * METER_PARTS / n);
}

static inline void meter_taken(struct meter *meter, uint64_t n)
{
    meter->n_taken = n;
    lab_store_relaxed(&meter->taken, n); /* read by meter_outside() */
}

static inline void meter_returned(struct meter *meter, uint64_t n)
{
    meter->n_returned += n;
    lab_store_relaxed(&meter->returned, meter->n_returned); /* read by meter_outside() */
}

/* Buffers that are outside of the pool, as far as these lcores have said so. */
uint64_t meter_outside(struct meter meters[], unsigned n);

/* Notes that this number are. */
void meter_occupancy(struct meter *meter, uint64_t outside);

/* Marks a packet as one that was filled then; when it is freed, its latency is noted. */
void meter_stamp(struct rte_mbuf *packet, uint64_t cycles);

/* The flag of marked packets. */
extern uint64_t meter_flag;

/* Notes the latency of a marked packet, at its end. */
void meter_end(struct meter *meter, const struct rte_mbuf *packet);

#endif
