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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t frames_in_all(const struct options *options, const struct capture *capture)
{
    uint64_t end = UINT64_MAX;

    if (options->loop != 0 && __builtin_mul_overflow(options->loop, capture->n_frames, &end))
        end = UINT64_MAX;
    return options->capture.frames != 0 ? RTE_MIN(end, options->capture.frames) : end;
}

static void close_workers(struct worker *workers, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        rte_ring_free(workers[i].handover);
        free(workers[i].scratch);
    }
    rte_free(workers);
}

static struct worker *open_workers(struct run_shared *shared, struct rte_mempool *pool)
{
    const struct options *options = shared->options;
    uint64_t end = frames_in_all(options, shared->capture);
    struct worker *workers =
        rte_zmalloc("replay", options->rxq * sizeof(*workers), RTE_CACHE_LINE_SIZE);

    if (workers == NULL)
        return NULL;
    for (unsigned i = 0; i < options->rxq; i++) {
        struct worker *w = &workers[i];
        char name[RTE_RING_NAMESIZE];

        w->shared = shared;
        w->supply = (struct supply){
            .capture = shared->capture,
            .pace = &options->pace,
            .unique_ip = options->unique_ip,
        };
        if (shared->capture->stream != NULL)
            w->supply.window = stream_window(shared->capture->stream, i);
        w->scratch = options->unique_ip ? malloc(shared->capture->largest) : NULL;
        if (options->capture.order == CAPTURE_BESIDE)
            cursor_start_beside(&w->feed, i, options->rxq, shared->capture->frames,
                                shared->capture->n_frames, end);
        else
            cursor_start(&w->feed, i, options->rxq, shared->capture->n_frames, end);
        supply_start(&w->supply, &w->feed);
        w->expect = w->feed;
        snprintf(name, sizeof(name), "replay_handover_%u", i);
        if (options->free_on_other)
            w->handover =
                rte_ring_create(name, options->rxd, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        if ((options->free_on_other && w->handover == NULL) ||
            (options->unique_ip && w->scratch == NULL) ||
            nicq_open(&w->queue, pool, options->rxd) != 0) {
            close_workers(workers, i + 1);
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
        result->alloc_failures += w->queue.alloc_failures;
        result->corrupted += w->corrupted;
        result->starved += w->starved;
        result->starved_s += (double)w->starved_ns / 1e9;
        first_pass += w->first_pass;
        end_ns = RTE_MAX(end_ns, w->end_ns);
        result->planned_s = RTE_MAX(result->planned_s, (double)w->due_ns / 1e9);
        result->fed_s = RTE_MAX(result->fed_s, (double)w->fed_ns / 1e9);
    }
    result->not_reached = frames_of_a_pass(shared->capture, result) - first_pass;
    result->duration_s = (double)(end_ns - shared->start_ns) / 1e9;
    result->leaked = pool->size - rte_mempool_avail_count(pool);
    result->stopped = stop_requested();
    if (result->stopped == STOP_NONE && lab_load_relaxed(&shared->keys.ended) != 0)
        result->stopped = STOP_INPUT;
}

/* From the first frame to the last. */
static int replay(struct run_shared *shared, struct worker workers[])
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
    watch = watch_start(shared, workers);
    worker_receive(&workers[0]);
    rte_eal_mp_wait_lcore();
    watch_end(watch);
    keys_end(keys);
    return 0;
}

int run(const struct options *options, const struct capture *capture, struct rte_mempool *pool,
        struct run_result *ret_result)
{
    struct run_shared shared = {
        .options = options,
        .capture = capture,
        .yield = sizing_lcores(options) + (capture->stream != NULL) > cpus_count(),
    };
    struct run_result result = {.pool = ret_result->pool};
    struct worker *workers;
    int rc = capture->stream != NULL ? stream_start(capture->stream) : 0;

    if (rc != 0)
        return rc;
    workers = open_workers(&shared, pool);
    if (workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        rc = -ENOMEM;
    }
    if (rc == 0)
        rc = replay(&shared, workers);
    if (capture->stream != NULL)
        stream_stop(capture->stream);
    if (rc != 0)
        return rc;
    gather(&shared, workers, pool, &result);
    close_workers(workers, options->rxq);
    *ret_result = result;
    return 0;
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
