/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "histogram.h"
#include "pattern.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* How long single calls take. Each get and each put of a burst is timed with the CPU's cycle
 * counter, which costs some ten nanoseconds itself, the same for all pools.
 *
 * A call's time is what its caller sees, and so includes the time for which the calling thread
 * itself was preempted in it. No pool can help that; but one whose calls are long is hit more
 * often, and one whose calls wait for another thread loses its CPU while waiting. Since the two
 * cannot be distinguished from outside, all calls count, and MEASURE_PREEMPTED says how many of the
 * long ones lost their CPU. With short calls these are too few to reach the 99.99th percentile;
 * the maximum is nearly always one of them when there are more threads than CPUs. */

/* A call this long may have lost its CPU, which is asked of the kernel then; it is far beyond all
 * that happens without, so asking disturbs nothing. */
#define LONG_US 20

struct times {
    struct histogram histogram;
    uint64_t preempted;
};

static uint64_t switches(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)(usage.ru_nivcsw + usage.ru_nvcsw);
}

/* A lcore's times, and what it needs to take them. */
struct stopwatch {
    struct times *times;
    uint64_t long_cycles;
    uint64_t switches;
};

static __rte_noinline void look_at_long(struct stopwatch *watch)
{
    uint64_t now = switches();

    watch->times->preempted += now != watch->switches;
    watch->switches = now;
}

static inline void took(struct stopwatch *watch, uint64_t cycles)
{
    histogram_add(&watch->times->histogram, cycles);
    if (unlikely(cycles > watch->long_cycles))
        look_at_long(watch);
}

static uint64_t work(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk;
    struct stopwatch watch = {
        .times = (struct times *)turn->state + worker->index,
        .long_cycles = rte_get_tsc_hz() / 1000000 * LONG_US,
        .switches = switches(),
    };
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        uint64_t start = rte_rdtsc(), end;
        int rc = rte_mempool_get_bulk(pool, worker->objects, bulk);

        end = rte_rdtsc();
        took(&watch, end - start);
        if (rc != 0)
            continue;
        start = rte_rdtsc();
        rte_mempool_put_bulk(pool, worker->objects, bulk);
        end = rte_rdtsc();
        took(&watch, end - start);
        ops += bulk;
    }
    return ops;
}

static int set_up(struct turn *turn)
{
    size_t bytes = turn->setting->lcores * sizeof(struct times);

    turn->state = malloc(bytes);
    if (turn->state == NULL)
        return -ENOMEM;
    memset(turn->state, 0, bytes); /* now, not by page faults while the time is taken */
    return 0;
}

static void collect(struct turn *turn, double values[MEASURES])
{
    static const struct {
        enum measure measure;
        double share;
    } quantiles[] = {
        {MEASURE_P50, 0.5},      {MEASURE_P99, 0.99}, {MEASURE_P999, 0.999},
        {MEASURE_P9999, 0.9999}, {MEASURE_MAX, 1},
    };
    double ns = 1e9 / (double)rte_get_tsc_hz();
    struct times *times = turn->state;

    values[MEASURE_PREEMPTED] = (double)times[0].preempted;
    for (unsigned i = 1; i < turn->setting->lcores; i++) {
        histogram_merge(&times[0].histogram, &times[i].histogram);
        values[MEASURE_PREEMPTED] += (double)times[i].preempted;
    }
    for (unsigned i = 0; i < RTE_DIM(quantiles); i++)
        values[quantiles[i].measure] =
            ns * (double)histogram_quantile(&times[0].histogram, quantiles[i].share);
    free(times);
}

#define WORST_MEASURES                                                                             \
    (MEASURE_BIT(MEASURE_P50) | MEASURE_BIT(MEASURE_P99) | MEASURE_BIT(MEASURE_P999) |             \
     MEASURE_BIT(MEASURE_P9999) | MEASURE_BIT(MEASURE_MAX) | MEASURE_BIT(MEASURE_PREEMPTED))

const struct pattern worst = {
    .name = "worst",
    .shows = "the longest single calls, two lcores on CPUs of their own",
    .operation = "buffers got and put back, with the time taken of each call",
    .bulk = LIST(32),
    .cache = LIST(0),
    .lcores = LIST(2),
    .bufs = LIST(8191),
    .measures = WORST_MEASURES,
    .ranked = MEASURE_P9999,
    .set_up = set_up,
    .collect = collect,
    .work = work,
};

const struct pattern worst_oversubscribed = {
    .name = "worst-oversubscribed",
    .shows = "the longest single calls, 8 threads on 2 CPUs; with the caller's own preemptions",
    .operation = "buffers got and put back, with the time taken of each call",
    .bulk = LIST(32),
    .cache = LIST(0),
    .lcores = LIST(8),
    .bufs = LIST(8191),
    .crowd = CROWD_ALWAYS,
    .measures = WORST_MEASURES,
    .ranked = MEASURE_P9999,
    .set_up = set_up,
    .collect = collect,
    .work = work,
};
