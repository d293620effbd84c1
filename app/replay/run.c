/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run.h"

#include "cpus.h"
#include "message.h"
#include "sizing.h"
#include "stream.h"
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
        free(workers[i].scratch);
    }
    rte_free(workers);
    rte_free(shared->meters);
}

static void start_cursor(struct worker *w, unsigned queue)
{
    const struct options *options = w->shared->options;
    const struct capture *capture = w->shared->capture;
    uint64_t end = sizing_frames(options, capture);

    if (options->capture.order == CAPTURE_BESIDE)
        cursor_start_beside(&w->feed, queue, options->rxq, capture->frames, capture->n_frames, end);
    else
        cursor_start(&w->feed, queue, options->rxq, capture->n_frames, end);
    supply_start(&w->supply, &w->feed);
    w->expect = w->feed;
}

static int open_worker(struct run_shared *shared, struct worker *w, unsigned index,
                       struct rte_mempool *pool)
{
    const struct options *options = shared->options;
    const struct capture *capture = shared->capture;

    w->shared = shared;
    w->meter = &shared->meters[index];
    w->releaser = &shared->meters[index + (options->free_on_other ? options->rxq : 0)];
    w->supply = (struct supply){
        .capture = capture,
        .pace = &options->pace,
        .window = capture->stream != NULL ? stream_window(capture->stream, index) : NULL,
        .unique_ip = options->unique_ip,
    };
    start_cursor(w, index);
    if (life_open(&w->life, options, index, pool->size, shared->yield, w->meter) != 0)
        return -ENOMEM;
    if (shared->drops && worker_follows(w)) {
        w->skips = rte_calloc("skips", options->rxd, sizeof(*w->skips), 0);
        if (w->skips == NULL)
            return -ENOMEM;
    }
    if (options->unique_ip) {
        w->scratch = malloc((size_t)WORKER_EDITED * capture->largest);
        if (w->scratch == NULL)
            return -ENOMEM;
    }
    return nicq_open(&w->queue, pool, options->rxd);
}

static struct worker *open_workers(struct run_shared *shared, struct rte_mempool *pool)
{
    const struct options *options = shared->options;
    struct worker *workers =
        rte_zmalloc("replay", options->rxq * sizeof(*workers), RTE_CACHE_LINE_SIZE);
    unsigned n = 0;

    shared->n_meters = sizing_lcores(options);
    shared->meters =
        rte_zmalloc("meters", shared->n_meters * sizeof(*shared->meters), RTE_CACHE_LINE_SIZE);
    while (workers != NULL && shared->meters != NULL && n < options->rxq) {
        if (open_worker(shared, &workers[n], n, pool) != 0)
            break;
        n++;
    }
    if (n == options->rxq)
        return workers;
    close_workers(shared, workers, workers == NULL ? 0 : RTE_MIN(n + 1, options->rxq));
    return NULL;
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

/* Of a capture that is streamed, as far as it has been read. */
static uint64_t frames_of_a_pass(const struct capture *capture, struct run_result *result)
{
    struct capture counts = {0};

    if (capture->stream == NULL)
        return capture->n_frames;
    stream_count(capture->stream, &counts);
    result->unread = !stream_is_whole(capture->stream);
    return counts.n_frames;
}

static void gather(const struct run_shared *shared, const struct worker workers[],
                   struct rte_mempool *pool, struct run_result *result)
{
    uint64_t end_ns = shared->start_ns, first_pass = 0;

    for (unsigned i = 0; i < shared->options->rxq; i++) {
        const struct worker *w = &workers[i];

        result->frames_replayed += w->frames_replayed;
        result->bytes_replayed += w->bytes_replayed;
        result->frames_edited += w->frames_edited;
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
        result->starved += w->starved;
        result->starved_s += (double)w->starved_ns / 1e9;
        first_pass += w->first_pass;
        end_ns = RTE_MAX(end_ns, w->end_ns);
        result->planned_s = RTE_MAX(result->planned_s, (double)w->due_ns / 1e9);
        result->fed_s = RTE_MAX(result->fed_s, (double)w->fed_ns / 1e9);
    }
    result->not_reached =
        frames_of_a_pass(shared->capture, result) - first_pass - result->dropped_first;
    result->duration_s = (double)(end_ns - shared->start_ns) / 1e9;
    result->leaked = pool->size - rte_mempool_avail_count(pool);
    result->stopped = stop_requested();
    if (result->stopped == STOP_NONE && lab_load_relaxed(&shared->keys.ended) != 0)
        result->stopped = STOP_INPUT;
}

/* From the first frame to the last. */
static int replay(struct run_shared *shared, struct worker workers[], struct series *series)
{
    struct keys *keys = NULL;
    struct watch *watch;
    int rc = 0;

    if (shared->options->pace.kind == PACE_ONEATATIME)
        rc = keys_start(&keys, &shared->keys);
    if (rc != 0)
        return rc;
    stop_rearm();
    run_start(shared, workers);
    watch = watch_start(shared, workers, series);
    worker_receive(&workers[0]);
    rte_eal_mp_wait_lcore();
    watch_end(watch);
    keys_end(keys);
    return 0;
}

/* Before it is asked what was read: the thread counts that until it ends. */
static void stop_stream(const struct capture *capture)
{
    if (capture->stream != NULL)
        stream_stop(capture->stream);
}

/* From the first buffer taken to the last one given back. */
static int run_workers(struct run_shared *shared, struct rte_mempool *pool,
                       struct run_result *result)
{
    const struct options *options = shared->options;
    struct worker *workers = open_workers(shared, pool);
    int rc;

    if (workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        stop_stream(shared->capture);
        return -ENOMEM;
    }
    rc = replay(shared, workers, result->series);
    stop_stream(shared->capture);
    if (rc == 0) {
        gather(shared, workers, pool, result);
        if (findings_gather(shared->meters, shared->n_meters, &result->findings) != 0)
            note("no memory for the latencies of this run");
        result->findings.has_steals = findings_steals(pool, &result->findings.steals);
    }
    close_workers(shared, workers, options->rxq);
    return rc;
}

int run(const struct options *options, const struct capture *capture, struct rte_mempool *pool,
        struct run_result *ret_result)
{
    struct run_shared shared = {
        .options = options,
        .capture = capture,
        .yield = sizing_lcores(options) + (capture->stream != NULL) > cpus_count(),
        .drops = options->hold.kind != HOLD_NONE && options->hold.kind != HOLD_ALL,
    };
    struct run_result result = {.pool = ret_result->pool};
    int rc = capture->stream != NULL ? stream_start(capture->stream) : 0;

    if (rc != 0)
        return rc;
    rte_srand(options->seed); /* of all lcores */
    result.series = options->json != NULL ? series_open(options->rxq) : NULL;
    rc = run_workers(&shared, pool, &result);
    if (rc == 0)
        *ret_result = result;
    else
        free(result.series);
    return rc;
}

/* Whether all frames were replayed, or as many as were asked for. */
static bool is_complete(const struct run_result *result)
{
    return result->stopped == STOP_DURATION || result->stopped == STOP_INPUT ||
           (result->not_reached == 0 && !result->unread);
}

bool run_is_clean(const struct run_result *result)
{
    return result->corrupted == 0 && result->leaked == 0 &&
           result->rx_packets == result->frames_replayed &&
           result->rx_bytes == result->bytes_replayed && is_complete(result);
}
