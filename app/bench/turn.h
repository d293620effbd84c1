/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_TURN_H
#define BENCH_TURN_H

#include "contender.h"
#include "measure.h"

#include <lab_atomic.h>
#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A turn: one pool in one pattern, for about 100 ms, or for a chunk of it (see chunks.h).
 *
 * Its speed is that of a second in which the workers have their CPUs for themselves: operations,
 * over the CPU time that all workers had together, divided by the number of CPUs. Nobody sleeps in
 * a pattern, so on a machine that does nothing else this is the time on the wall; on any other it
 * leaves out what other programs took. */

#define TURN_SPINS 2000 /* some 30 microseconds */

struct pattern;

/* A pattern with all its numbers. */
struct setting {
    const struct pattern *pattern;
    unsigned bulk;
    unsigned cache;
    unsigned lcores;
    unsigned held;
    unsigned drift;     /* see drift.h; 0: wherever it is */
    unsigned bufs;      /* of page allocators: pages */
    unsigned occupancy; /* percent of them that are held throughout */
    unsigned lru_bytes; /* of a cache that is emulated */
    unsigned chunk_us;  /* 0: in turns of slot_ms */
    bool crowded;       /* all lcores on two CPUs, more than these can run; or one on each */
};

/* The needs of an lcore, apart from the others. */
struct worker {
    struct turn *turn;
    unsigned index;        /* 0 to lcores - 1 */
    unsigned lcore;        /* DPDK's id, and ours */
    void **room;           /* for all that it holds, */
    void **objects;        /* which begins here */
    uint64_t left;         /* times that it may still ask whether the turn is over */
    uint64_t ops;          /* of the turn, when it is over */
    uint64_t cpu_ns;       /* that it has run for them */
    bool was_preempted;    /* since it began with them; see chunks.h */
    clockid_t clock;       /* its CPU time */
    lab_atomic_t progress; /* operations so far, for patterns that look on */
} __rte_cache_aligned;

struct turn {
    const struct setting *setting;
    const struct contender *contender;
    unsigned slot_ms;
    unsigned round;
    struct worker *workers; /* setting->lcores of them */
    void *state;            /* the pattern's own */
    unsigned n_cpus;        /* that the workers are on */

    /* Read in every loop, so apart from everything that is written. */
    lab_atomic_t ready __rte_cache_aligned; /* workers that have arrived */
    lab_atomic_t go __rte_cache_aligned;
    lab_atomic_t over __rte_cache_aligned;
} __rte_cache_aligned;

/* Asked once in every loop of a worker. */
static inline bool turn_is_over(struct worker *worker)
{
    if (worker->left == 0)
        return true;
    worker->left--;
    /* a lone word: nothing is read on its strength */
    return lab_load_relaxed(&worker->turn->over) != 0;
}

/* For those who wait for another lcore: it may need this one's CPU. */
static inline void turn_wait(unsigned *spins)
{
    rte_pause();
    if (++*spins % TURN_SPINS == 0)
        sched_yield();
}

/* CPU time that a worker of a turn that has begun has had in its life. */
uint64_t worker_cpu_ns(const struct worker *worker);

/* Million operations a second of all workers together. */
double turn_speed_mops(const struct turn *turn);

/* Takes a turn: `lcores` are those to work on. 0, or -errno from the pattern's set-up. */
int turn_take(struct turn *turn, const unsigned lcores[], double ret_values[MEASURES]);

#endif
