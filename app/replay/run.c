/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run.h"

#include "cpus.h"
#include "message.h"
#include "sizing.h"
#include "watch.h"
#include "worker.h"

#include <errno.h>
#include <lab_os.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <stdlib.h>

static void close_workers(struct run_shared *shared, struct worker *workers, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        life_close(&workers[i].life);
        rte_free(workers[i].skips);
    }
    rte_free(workers);
    rte_free(shared->meters);
}

static int open_worker(struct run_shared *shared, struct worker *w, unsigned index,
                       struct rte_mempool *pool)
{
    const struct options *options = shared->options;

    w->shared = shared;
    w->meter = &shared->meters[index];
    w->releaser = &shared->meters[index + (options->free_on_other ? options->rxq : 0)];
    cursor_start(&w->feed, index, options->rxq, shared->capture->n_frames,
                 sizing_frames(options, shared->capture));
    w->expect = w->feed;
    if (life_open(&w->life, options, index, pool->size, shared->yield, w->meter) != 0)
        return -ENOMEM;
    if (shared->drops && options->verify) {
        w->skips = rte_calloc("skips", options->rxd, sizeof(*w->skips), 0);
        if (w->skips == NULL)
            return -ENOMEM;
    }
    return nicq_open(&w->queue, pool, options->rxd);
}

static struct worker *open_workers(struct run_shared *shared, struct rte_mempool *pool)
{
    const struct options *options = shared->options;
    struct worker *workers =
        rte_zmalloc("replay", options->rxq * sizeof(*workers), RTE_CACHE_LINE_SIZE);

    shared->n_meters = sizing_lcores(options);
    shared->meters =
        rte_zmalloc("meters", shared->n_meters * sizeof(*shared->meters), RTE_CACHE_LINE_SIZE);
    for (unsigned i = 0; workers != NULL && i < options->rxq; i++) {
        if (shared->meters == NULL || open_worker(shared, &workers[i], i, pool) != 0) {
            close_workers(shared, workers, i + 1);
            return NULL;
        }
    }
    return workers;
}

/* The main lcore is receiver 0; the others take the other roles, receivers first. */
static void run_start(struct run_shared *shared, struct worker workers[])
{
    unsigned role = 1, n_receivers = shared->options->rxq, lcore;

    RTE_LCORE_FOREACH_WORKER (lcore) {
        if (role >= sizing_lcores(shared->options))
            break;
        if (role < n_receivers)
            rte_eal_remote_launch(worker_receive, &workers[role], lcore);
        else
            rte_eal_remote_launch(worker_release, &workers[role - n_receivers], lcore);
        role++;
    }
    shared->start_ns = lab_os_clock_ns();
    lab_store_release(&shared->started, 1); /* pairs with wait_for_start() in worker.c */
}

static void gather(const struct run_shared *shared, const struct worker workers[],
                   struct rte_mempool *pool, struct run_result *result)
{
    uint64_t end_ns = shared->start_ns, first_pass = 0;

    for (unsigned i = 0; i < shared->options->rxq; i++) {
        const struct worker *w = &workers[i];

        result->frames_replayed += w->frames_replayed;
        result->bytes_replayed += w->bytes_replayed;
        result->rx_bursts += w->rx_bursts;
        result->rx_packets += w->rx_packets;
        result->queue_packets[i] = w->rx_packets;
        result->rx_bytes += w->rx_bytes;
        result->rx_chains += w->queue.n_chains;
        result->rx_nombuf += w->rx_nombuf;
        result->rx_dropped += w->rx_dropped;
        result->dropped_first += w->dropped_first;
        result->allocations += w->meter->n_taken;
        result->freed_same += w->meter->n_returned;
        result->freed_other += w->releaser == w->meter ? 0 : w->releaser->n_returned;
        result->alloc_failures += w->queue.alloc_failures + w->life.clone_failures;
        result->clones += w->life.n_clones;
        result->clone_failures += w->life.clone_failures;
        exhaust_merge(&result->exhaust, &w->life.exhaust);
        result->corrupted += w->corrupted;
        first_pass += w->first_pass;
        end_ns = RTE_MAX(end_ns, w->end_ns);
    }
    result->not_reached = shared->capture->n_frames - first_pass - result->dropped_first;
    result->duration_s = (double)(end_ns - shared->start_ns) / 1e9;
    result->leaked = pool->size - rte_mempool_avail_count(pool);
    result->stopped = stop_requested();
}

int run(const struct options *options, const struct capture *capture, struct rte_mempool *pool,
        struct run_result *ret_result)
{
    struct run_shared shared = {
        .options = options,
        .capture = capture,
        .yield = sizing_lcores(options) > cpus_count(),
        .drops = options->hold.kind != HOLD_NONE && options->hold.kind != HOLD_ALL,
    };
    struct run_result result = {
        .pool = ret_result->pool,
        .series = options->json != NULL ? series_open(options->rxq) : NULL,
    };
    struct worker *workers;
    struct watch *watch;

    rte_srand(options->seed); /* of all lcores */
    workers = open_workers(&shared, pool);
    if (workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        free(result.series);
        return -ENOMEM;
    }
    stop_rearm();
    run_start(&shared, workers);
    watch = watch_start(&shared, workers, result.series);
    worker_receive(&workers[0]);
    rte_eal_mp_wait_lcore();
    watch_end(watch);
    gather(&shared, workers, pool, &result);
    if (findings_gather(shared.meters, shared.n_meters, &result.findings) != 0)
        note("no memory for the latencies of this run");
    result.findings.has_steals = findings_steals(pool, &result.findings.steals);
    close_workers(&shared, workers, options->rxq);
    *ret_result = result;
    return 0;
}

bool run_is_clean(const struct run_result *result)
{
    return result->corrupted == 0 && result->leaked == 0 &&
           result->rx_packets == result->frames_replayed &&
           result->rx_bytes == result->bytes_replayed &&
           (result->not_reached == 0 || result->stopped == STOP_DURATION);
}
