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
#include <stdio.h>
#include <string.h>

static uint64_t frames_in_all(const struct options *options, const struct capture *capture)
{
    uint64_t end = UINT64_MAX;

    if (options->loop != 0 && __builtin_mul_overflow(options->loop, capture->n_frames, &end))
        end = UINT64_MAX;
    return options->limit != 0 ? RTE_MIN(end, options->limit) : end;
}

static void close_workers(struct worker *workers, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rte_ring_free(workers[i].handover);
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
        cursor_start(&w->feed, shared->capture, i, options->rxq, end);
        w->expect = w->feed;
        snprintf(name, sizeof(name), "replay_handover_%u", i);
        if (options->free_on_other)
            w->handover =
                rte_ring_create(name, options->rxd, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        if ((options->free_on_other && w->handover == NULL) ||
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
        result->alloc_failures += w->queue.alloc_failures;
        result->corrupted += w->corrupted;
        first_pass += w->first_pass;
        end_ns = RTE_MAX(end_ns, w->end_ns);
    }
    result->not_reached = shared->capture->n_frames - first_pass;
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
    };
    struct run_result result = {.pool = ret_result->pool};
    struct worker *workers;
    struct watch *watch;

    workers = open_workers(&shared, pool);
    if (workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        return -ENOMEM;
    }
    stop_rearm();
    run_start(&shared, workers);
    watch = watch_start(&shared, workers);
    worker_receive(&workers[0]);
    rte_eal_mp_wait_lcore();
    watch_end(watch);
    gather(&shared, workers, pool, &result);
    close_workers(workers, options->rxq);
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
