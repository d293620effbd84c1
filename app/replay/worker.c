/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worker.h"

#include "stop.h"
#include "verify.h"

#include <lab_os.h>
#include <rte_pause.h>
#include <sched.h>

/* More than --burst can be. */
#define MAX_BURST 512

void worker_idle(const struct run_shared *shared)
{
    if (shared->yield)
        sched_yield();
    else
        rte_pause();
}

static inline bool put(struct worker *w, const uint8_t *bytes, uint32_t n)
{
    return likely(w->port == NULL) ? nicq_dma(&w->queue, bytes, n) : portq_put(w->port, bytes, n);
}

/* The wire: puts the frames that are due into the queue, a burst at most. */
void worker_feed(struct worker *w)
{
    const struct run_shared *shared = w->shared;
    const struct capture *capture = shared->capture;
    const struct pace *pace = &shared->options->pace;
    unsigned budget = shared->options->burst;
    uint64_t now_ns = 0;

    if (stop_requested() != STOP_NONE)
        return;
    if (pace->kind != PACE_TOPSPEED)
        now_ns = lab_os_clock_ns() - shared->start_ns;
    for (; budget > 0 && !cursor_at_end(&w->feed); budget--) {
        const struct frame *frame = &capture->frames[w->feed.frame];

        if (pace->kind != PACE_TOPSPEED &&
            pace_due_ns(pace, w->feed.index, w->feed.loop, capture_span_ns(capture),
                        frame->time_ns) > now_ns)
            return;
        if (!put(w, capture->data + frame->offset, frame->bytes)) {
            bool dry = w->port == NULL ? w->queue.dry : w->port->dry;

            w->rx_nombuf += dry && !w->waiting;
            w->waiting = dry;
            return;
        }
        w->waiting = false;
        w->first_pass += w->feed.loop == 0;
        w->frames_replayed++;
        w->bytes_replayed += frame->bytes;
        cursor_next(&w->feed);
    }
}

static void check(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    const struct capture *capture = w->shared->capture;
    bool verify = w->shared->options->verify;

    for (unsigned i = 0; i < n; i++) {
        w->rx_bytes += packets[i]->pkt_len;
        if (verify) {
            const struct frame *frame = &capture->frames[w->expect.frame];

            w->corrupted +=
                !packet_is_frame(packets[i], capture->data + frame->offset, frame->bytes);
            cursor_next(&w->expect);
        }
    }
    w->rx_bursts++;
    w->rx_packets += n;
    lab_store_relaxed(&w->progress, w->rx_packets);
}

void worker_pass_on(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    unsigned sent = 0;

    if (w->handover == NULL) {
        rte_pktmbuf_free_bulk(packets, n);
        return;
    }
    while ((sent +=
            rte_ring_sp_enqueue_burst(w->handover, (void **)packets + sent, n - sent, NULL)) < n)
        worker_idle(w->shared);
}

static bool is_over(const struct worker *w)
{
    return !nicq_holds_frames(&w->queue) &&
           (cursor_at_end(&w->feed) || stop_requested() != STOP_NONE);
}

void worker_wait_for_start(const struct run_shared *shared)
{
    while (lab_load_acquire(&shared->started) == 0) /* pairs with run_start() in run.c */
        worker_idle(shared);
}

int worker_receive(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[MAX_BURST];

    nicq_refill(&w->queue);
    worker_wait_for_start(w->shared);
    while (!is_over(w)) {
        unsigned n;

        worker_feed(w);
        n = nicq_burst(&w->queue, packets, w->shared->options->burst);
        nicq_refill(&w->queue);
        if (n == 0) {
            worker_idle(w->shared);
            continue;
        }
        check(w, packets, n);
        worker_pass_on(w, packets, n);
    }
    w->end_ns = lab_os_clock_ns();
    nicq_close(&w->queue);
    lab_store_release(&w->finished, 1); /* pairs with worker_release() */
    return 0;
}

int worker_release(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[MAX_BURST];
    bool last;

    do {
        unsigned n;

        /* Asked before the ring is looked at: what came before the end is in the ring then. */
        last = lab_load_acquire(&w->finished) != 0; /* pairs with worker_receive() */
        while ((n = rte_ring_sc_dequeue_burst(w->handover, (void **)packets, MAX_BURST, NULL)) > 0)
            rte_pktmbuf_free_bulk(packets, n);
        worker_idle(w->shared);
    } while (!last);
    return 0;
}
