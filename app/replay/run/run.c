/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/run.h"

#include "capture/stream.h"
#include "cpus.h"
#include "memory.h"
#include "message.h"
#include "run/monitor.h"
#include "run/sizing.h"
#include "run/traffic.h"
#include "run/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_mbuf.h>
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
        arrivals_close(&workers[i].arrivals);
        rte_free(workers[i].port);
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

    cursor_start(&w->feed, capture, queue, sizing_frames(options, capture));
    supply_start(&w->supply, &w->feed);
    w->expect = w->feed;
}

/* The receiver's end of the ports. */
static int open_port(struct worker *w, uint16_t queue, struct rte_mempool *pool)
{
    w->port = rte_zmalloc("replay", sizeof(*w->port), RTE_CACHE_LINE_SIZE);
    if (w->port == NULL)
        return -ENOMEM;
    w->port->queue = queue;
    w->port->pool = lab_mbuf_pool_nowait(pool); /* what is sent is not received */
    w->port->room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
    w->port->burst = w->shared->options->burst;
    return w->shared->index == NULL ? 0 : arrivals_open(&w->arrivals, w->shared->index);
}

static int open_worker(struct run_shared *shared, struct worker *w, unsigned index,
                       struct rte_mempool *pool)
{
    const struct options *options = shared->options;
    const struct capture *capture = shared->capture;

    w->shared = shared;
    w->meter = &shared->meters[index];
    w->releaser = &shared->meters[index + (options->free_on != FREE_ON_SAME ? options->rxq : 0)];
    w->supply = (struct supply){
        .capture = capture,
        .pace = &options->pace,
        .window = capture->stream != NULL ? stream_window(capture->stream, index) : NULL,
        .unique_ip_loops = options->unique_ip ? options->unique_ip_loops : 0,
    };
    w->at_once = w->supply.window == NULL && capture->ways == NULL && !options->unique_ip &&
                 options->pace.kind == PACE_TOPSPEED && options->pace.loop_delay_ns == 0;
    start_cursor(w, index);
    if (life_open(&w->life, options, index, pool, shared->yield, w->meter) != 0)
        return -ENOMEM;
    if (shared->drops && worker_follows(w)) {
        w->skips = rte_calloc("skips", options->rxd, sizeof(*w->skips), 0);
        if (w->skips == NULL)
            return -ENOMEM;
    }
    if (options->unique_ip && w->supply.window == NULL) { /* where frames stand edited */
        w->scratch = malloc((size_t)WORKER_EDITED * capture->largest);
        if (w->scratch == NULL)
            return -ENOMEM;
    }
    return shared->ports != NULL ? open_port(w, (uint16_t)index, pool)
                                 : nicq_open(&w->queue, pool, options->rxd);
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

static lcore_function_t *receiver(const struct worker *w)
{
    return w->port == NULL ? worker_receive : traffic_run;
}

/* The main lcore is receiver 0; the others take the other roles, receivers first. */
static void run_start(struct run_shared *shared, struct worker workers[])
{
    unsigned role = 1, n_receivers = shared->options->rxq, lcore;

    RTE_LCORE_FOREACH_WORKER (lcore) {
        if (role >= sizing_lcores(shared->options))
            break;
        if (role < n_receivers)
            rte_eal_remote_launch(receiver(&workers[role]), &workers[role], lcore);
        else
            rte_eal_remote_launch(worker_release, &workers[role - n_receivers], lcore);
        role++;
    }
    shared->start_ns = lab_os_clock_ns();
    shared->end_ns = UINT64_MAX;
    if (shared->options->duration_s > 0)
        shared->end_ns = shared->start_ns + (uint64_t)(shared->options->duration_s * 1e9);
    lab_store_release(&shared->started, 1); /* pairs with worker_wait_for_start() */
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
        result->rx_chains += w->queue.n_chains + w->rx_chains;
        result->rx_nombuf += w->rx_nombuf;
        result->rx_dropped += w->rx_dropped;
        result->dropped_first += w->dropped_first;
        result->allocations += w->port == NULL ? w->meter->n_taken : w->port->taken;
        result->freed_same += w->meter->n_returned;
        result->freed_other += w->releaser == w->meter ? 0 : w->releaser->n_returned;
        result->alloc_failures += w->port == NULL ? w->queue.alloc_failures + w->life.clone_failures
                                                  : w->port->alloc_failures;
        result->unkept += w->life.unkept;
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
    if (shared->ports != NULL) {
        result->port.kept = ports_kept(shared->ports, result->leaked);
        result->leaked -= result->port.kept;
    }
    result->stopped = stop_requested();
    if (result->stopped == STOP_NONE && lab_load_relaxed(&shared->keys.ended) != 0)
        result->stopped = STOP_INPUT;
}

/* Asked while the ports still run. */
static void gather_port(const struct run_shared *shared, struct port_result *result)
{
    const struct ports *ports = shared->ports;
    uint64_t sent = 0, received = 0;

    result->used = true;
    snprintf(result->tx, sizeof(result->tx), "%s", ports->tx->name);
    if (ports->tx2 != NULL)
        snprintf(result->tx2, sizeof(result->tx2), "%s", ports->tx2->name);
    for (unsigned i = 0; i < shared->options->rxq; i++) {
        const struct worker *w = &shared->workers[i];

        sent += w->frames_replayed;
        received += w->rx_packets;
        result->foreign += w->foreign;
        result->reordered += w->reordered;
        result->stalled = result->stalled || w->port->stalled;
    }
    if (result->stalled)
        complain("port %s has taken no frame for so long that its other end must be gone, or all "
                 "buffers lie in its queues",
                 ports->tx->name);
    if (ports->rx == NULL)
        return;
    snprintf(result->rx, sizeof(result->rx), "%s", ports->rx->name);
    result->duplicated = received > sent ? received - sent : 0;
    ports_losses(ports, sent > received ? sent - received : 0, result->lost);
}

/* Gives each worker its ports, as they are numbered now. */
static int start_ports(struct run_shared *shared, struct rte_mempool *pool)
{
    struct ports *ports = shared->ports;
    int rc = ports_start(ports, shared->options, shared->capture->largest, pool);

    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < shared->options->rxq; i++) {
        struct portq *port = shared->workers[i].port;

        port->tx_port[0] = ports->tx->id;
        port->has_two = ports->tx2 != NULL;
        if (port->has_two)
            port->tx_port[1] = ports->tx2->id;
        port->n_rx = ports->rx == NULL ? 0 : ports->tx2 == NULL ? 1 : 2;
        port->rx_port[0] = ports->rx == NULL ? 0 : ports->rx->id;
        port->rx_port[1] = port->tx_port[1];
    }
    return 0;
}

/* From the first frame to the last. */
static int replay(struct run_shared *shared, struct series *series)
{
    struct worker *workers = shared->workers;
    struct keys *keys = NULL;
    struct monitor *monitor;
    int rc = 0;

    if (shared->options->pace.kind == PACE_ONEATATIME)
        rc = keys_start(&keys, &shared->keys);
    if (rc != 0)
        return rc;
    stop_rearm();
    run_start(shared, workers);
    monitor = monitor_start(shared, workers, series);
    receiver (&workers[0])(&workers[0]);
    rte_eal_mp_wait_lcore();
    monitor_end(monitor);
    keys_end(keys);
    return 0;
}

static int replay_over_ports(struct run_shared *shared, struct rte_mempool *pool,
                             struct run_result *result)
{
    int rc = start_ports(shared, pool);

    if (rc != 0)
        return rc;
    rc = replay(shared, result->series);
    if (rc == 0)
        gather_port(shared, &result->port);
    ports_stop(shared->ports, pool);
    return rc;
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
    int rc;

    shared->workers = open_workers(shared, pool);
    if (shared->workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        stop_stream(shared->capture);
        return -ENOMEM;
    }
    rc = shared->ports != NULL ? replay_over_ports(shared, pool, result)
                               : replay(shared, result->series);
    stop_stream(shared->capture);
    if (rc == 0) {
        gather(shared, shared->workers, pool, result);
        if (findings_gather(shared->meters, shared->n_meters, &result->findings) != 0)
            note("no memory for the latencies of this run");
        result->findings.has_steals = findings_steals(pool, &result->findings.steals);
    }
    close_workers(shared, shared->workers, options->rxq);
    return rc;
}

static int index_frames(const struct capture *capture, unsigned n_queues,
                        struct arrivals_index **ret_index)
{
    uint64_t bytes = arrivals_bytes(capture, n_queues);
    int rc = memory_take(bytes) ? 0 : -ENOMEM;

    if (rc == 0) {
        rc = arrivals_index_create(capture, ret_index);
        if (rc != 0)
            memory_give(bytes);
    }
    if (rc != 0)
        complain("%" PRIu64 " MiB of memory are needed to look up %zu frames by their content, and "
                 "%" PRIu64 " MiB may be used: --no-verify, or fewer frames (--limit)",
                 bytes >> 20, capture->n_frames, memory_left() >> 20);
    return rc;
}

int run(const struct options *options, const struct capture *capture, struct ports *ports,
        struct rte_mempool *pool, struct run_result *ret_result)
{
    struct run_shared shared = {
        .options = options,
        .capture = capture,
        .ports = ports,
        .yield = sizing_lcores(options) + (capture->stream != NULL) > cpus_count(),
        .drops = options->hold.kind != HOLD_NONE && options->hold.kind != HOLD_ALL,
    };
    struct run_result result = {.pool = ret_result->pool};
    struct arrivals_index *index = NULL;
    int rc = capture->stream != NULL ? stream_start(capture->stream) : 0;

    if (rc == 0 && ports != NULL && ports->rx != NULL && options->verify)
        rc = index_frames(capture, options->rxq, &index);
    if (rc != 0)
        return rc;
    shared.index = index;
    rte_srand(options->seed); /* of all lcores */
    if (options->json != NULL)
        result.series = series_open(ports == NULL ? options->rxq : 0);
    rc = run_workers(&shared, pool, &result);
    if (index != NULL)
        memory_give(arrivals_bytes(capture, options->rxq));
    arrivals_index_free(index);
    if (rc == 0)
        *ret_result = result;
    else
        free(result.series);
    return rc;
}
