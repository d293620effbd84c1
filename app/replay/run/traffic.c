/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/traffic.h"

#include "queue/idle.h"
#include "run/worker.h"
#include "stop.h"

#include <lab_os.h>

/* After so long without a frame those that are missing are lost: more than a process between the
 * ports is likely to be kept from its CPU. */
#define QUIET_NS UINT64_C(2000000000)

static bool may_send(const struct worker *w)
{
    if (w->port->stalled)
        return false;
    return w->port->n_waiting > 0 || (!cursor_at_end(&w->feed) && stop_requested() == STOP_NONE);
}

/* A frame that the port did not take was not replayed. */
static void end_sending(struct worker *w)
{
    uint64_t frames, bytes;

    portq_close(w->port, &frames, &bytes);
    w->frames_replayed -= frames;
    w->bytes_replayed -= bytes;
    w->first_pass = RTE_MIN(w->first_pass, w->frames_replayed);
    w->sending_over = true;
    lab_store_release(&w->sent, w->frames_replayed + 1); /* pairs with look_around() */
}

/* Whether all have sent all, and whether all of it is back. */
static void look_around(const struct run_shared *shared, bool *ret_sent, bool *ret_back)
{
    uint64_t sent = 0, received = 0;

    *ret_sent = true;
    for (unsigned i = 0; i < shared->options->rxq; i++) {
        uint64_t n = lab_load_acquire(&shared->workers[i].sent); /* pairs with end_sending() */

        *ret_sent = *ret_sent && n != 0;
        sent += n == 0 ? 0 : n - 1;
        received += lab_load_relaxed(&shared->workers[i].progress);
    }
    *ret_back = *ret_sent && received >= sent;
}

static bool is_over(struct worker *w)
{
    uint64_t now_ns;
    bool sent, back;

    if (!w->sending_over && may_send(w))
        return false;
    now_ns = lab_os_clock_ns();
    if (!w->sending_over) {
        end_sending(w);
        w->end_ns = now_ns;
    }
    if (w->port->n_rx == 0)
        return true;
    look_around(w->shared, &sent, &back);
    if (!sent || w->rx_packets != w->rx_seen) {
        w->rx_seen = w->rx_packets;
        w->end_ns = now_ns;
    }
    return back || now_ns - w->end_ns > QUIET_NS;
}

/* Positions below it are on their way, whoever has sent them. */
static uint64_t fed_by_all(const struct run_shared *shared)
{
    uint64_t fed = 0;

    for (unsigned i = 0; i < shared->options->rxq; i++)
        fed = RTE_MAX(fed, lab_load_acquire(&shared->workers[i].fed)); /* pairs with send_burst() */
    return fed;
}

static void judge(struct worker *w, const struct rte_mbuf *packet, uint64_t n_fed)
{
    uint32_t bytes = packet->pkt_len;
    enum arrival arrival = ARRIVAL_FRAME;

    if (w->shared->options->verify)
        arrival = arrivals_judge(&w->arrivals, packet, n_fed, &bytes);
    if (arrival == ARRIVAL_FOREIGN) {
        w->foreign++;
        return;
    }
    w->corrupted += arrival == ARRIVAL_CORRUPTED;
    w->reordered += arrival == ARRIVAL_REORDERED;
    w->rx_packets++;
    w->rx_bytes += bytes;
    w->rx_chains += packet->nb_segs > 1;
}

static void check(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    uint64_t n_fed = fed_by_all(w->shared);

    for (unsigned i = 0; i < n; i++)
        judge(w, packets[i], n_fed);
    w->rx_bursts++;
    lab_store_relaxed(&w->progress, w->rx_packets);
    lab_store_relaxed(&w->progress_bytes, w->rx_bytes);
}

static void send_burst(struct worker *w)
{
    worker_feed(w, false);
    /* Before the port has them; its own barriers then carry it across. */
    lab_store_release(&w->fed, w->feed.index); /* pairs with fed_by_all() */
    portq_flush(w->port);
    if (w->port->n_rx == 0) { /* then it shows how far the run is */
        lab_store_relaxed(&w->progress, w->frames_replayed);
        lab_store_relaxed(&w->progress_bytes, w->bytes_replayed);
    }
}

int traffic_run(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[PORTQ_MAX_BURST];

    worker_wait_for_start(w->shared);
    while (!is_over(w)) {
        unsigned n;

        if (meter_turn(&w->meter->polls))
            worker_keep_time(w);
        if (!w->sending_over)
            send_burst(w);
        n = portq_burst(w->port, packets, w->shared->options->burst);
        life_poll(&w->life, !w->waiting, w->waiting && n == 0);
        if (w->sending_over) /* others may still need what this one holds */
            life_end(&w->life);
        if (n == 0) {
            worker_keep_time(w);
            idle(w->shared->yield);
            continue;
        }
        check(w, packets, n);
        life_take(&w->life, packets, n);
    }
    life_end(&w->life);
    lab_store_release(&w->finished, 1); /* pairs with worker_release() */
    return 0;
}
