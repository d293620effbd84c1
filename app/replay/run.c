/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run.h"

#include "cpus.h"
#include "message.h"
#include "sizing.h"
#include "traffic.h"
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
    for (unsigned i = 0; i < n; i++) {
        rte_ring_free(workers[i].handover);
        arrivals_close(&workers[i].arrivals);
        rte_free(workers[i].port);
    }
    rte_free(workers);
}

/* The receiver's end of the ports. */
static int open_port(struct worker *w, const struct ports *ports, uint16_t queue,
                     struct rte_mempool *pool, const struct arrivals_index *index)
{
    w->port = rte_zmalloc("replay", sizeof(*w->port), RTE_CACHE_LINE_SIZE);
    if (w->port == NULL)
        return -ENOMEM;
    w->port->queue = queue;
    w->port->receives = ports->rx != NULL;
    w->port->pool = pool;
    w->port->room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM;
    w->port->burst = w->shared->options->burst;
    return index == NULL ? 0 : arrivals_open(&w->arrivals, index);
}

static struct worker *open_workers(struct run_shared *shared, const struct ports *ports,
                                   const struct arrivals_index *index, struct rte_mempool *pool)
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
        int rc;

        w->shared = shared;
        cursor_start(&w->feed, shared->capture, i, options->rxq, end);
        w->expect = w->feed;
        snprintf(name, sizeof(name), "replay_handover_%u", i);
        if (options->free_on_other)
            w->handover =
                rte_ring_create(name, options->rxd, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        rc = ports == NULL ? nicq_open(&w->queue, pool, options->rxd)
                           : open_port(w, ports, (uint16_t)i, pool, index);
        if ((options->free_on_other && w->handover == NULL) || rc != 0) {
            close_workers(workers, i + 1);
            return NULL;
        }
    }
    return workers;
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
        result->rx_chains += w->queue.n_chains + w->rx_chains;
        result->rx_nombuf += w->rx_nombuf;
        result->alloc_failures +=
            w->port == NULL ? w->queue.alloc_failures : w->port->alloc_failures;
        result->corrupted += w->corrupted;
        first_pass += w->first_pass;
        end_ns = RTE_MAX(end_ns, w->end_ns);
    }
    result->not_reached = shared->capture->n_frames - first_pass;
    result->duration_s = (double)(end_ns - shared->start_ns) / 1e9;
    result->leaked = pool->size - rte_mempool_avail_count(pool);
    result->stopped = stop_requested();
}

/* Asked while the ports still run. */
static void gather_port(const struct run_shared *shared, const struct ports *ports,
                        struct port_result *result)
{
    uint64_t sent = 0, received = 0;

    result->used = true;
    snprintf(result->tx, sizeof(result->tx), "%s", ports->tx->name);
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
static int start_ports(struct run_shared *shared, struct ports *ports, struct rte_mempool *pool)
{
    if (ports_start(ports, shared->options, shared->capture->largest, pool) != 0)
        return -EIO;
    for (unsigned i = 0; i < shared->options->rxq; i++) {
        struct portq *port = shared->workers[i].port;

        port->tx_port = ports->tx->id;
        port->rx_port = ports->rx == NULL ? 0 : ports->rx->id;
    }
    return 0;
}

static void drive(struct run_shared *shared)
{
    struct watch *watch;

    stop_rearm();
    run_start(shared, shared->workers);
    watch = watch_start(shared, shared->workers);
    receiver (&shared->workers[0])(&shared->workers[0]);
    rte_eal_mp_wait_lcore();
    watch_end(watch);
}

static int run_with(struct run_shared *shared, struct ports *ports,
                    const struct arrivals_index *index, struct rte_mempool *pool,
                    struct run_result *result)
{
    const struct options *options = shared->options;
    int rc = 0;

    shared->workers = open_workers(shared, ports, index, pool);
    if (shared->workers == NULL) {
        complain("no memory for %u queues of %u descriptors: %s", options->rxq, options->rxd,
                 rte_strerror(rte_errno));
        return -ENOMEM;
    }
    if (ports != NULL)
        rc = start_ports(shared, ports, pool);
    if (rc == 0) {
        drive(shared);
        if (ports != NULL) {
            gather_port(shared, ports, &result->port);
            ports_stop(ports, pool);
        }
        gather(shared, shared->workers, pool, result);
        if (ports != NULL) {
            result->port.kept = ports_kept(ports, result->leaked);
            result->leaked -= result->port.kept;
        }
    }
    close_workers(shared->workers, options->rxq);
    return rc;
}

int run(const struct options *options, const struct capture *capture, struct ports *ports,
        struct rte_mempool *pool, struct run_result *ret_result)
{
    struct run_shared shared = {
        .options = options,
        .capture = capture,
        .yield = sizing_lcores(options) > cpus_count(),
    };
    struct run_result result = {.pool = ret_result->pool};
    struct arrivals_index *index = NULL;
    int rc = 0;

    if (ports != NULL && ports->rx != NULL && options->verify)
        rc = arrivals_index_create(capture, &index);
    if (rc != 0)
        complain("no memory to look up %zu frames by their content: --no-verify",
                 capture->n_frames);
    else
        rc = run_with(&shared, ports, index, pool, &result);
    arrivals_index_free(index);
    if (rc == 0)
        *ret_result = result;
    return rc;
}

/* What was sent came back, and in order. */
static bool is_whole(const struct run_result *result)
{
    const struct port_result *port = &result->port;

    if (!port->used)
        return result->rx_packets == result->frames_replayed &&
               result->rx_bytes == result->bytes_replayed;
    return port->reordered == 0 && !port->stalled &&
           (port->rx[0] == '\0' || result->rx_packets == result->frames_replayed);
}

bool run_is_clean(const struct run_result *result)
{
    return result->corrupted == 0 && result->leaked == 0 && is_whole(result) &&
           (result->not_reached == 0 || result->stopped == STOP_DURATION);
}
