/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worker.h"

#include "release.h"
#include "stop.h"
#include "verify.h"

#include <lab_os.h>
#include <rte_pause.h>
#include <sched.h>

/* More than --burst can be. */
#define MAX_BURST 512

static void idle(const struct run_shared *shared)
{
    if (shared->yield)
        sched_yield();
    else
        rte_pause();
}

/* The frames that are due next, a burst at most; `ahead` is then behind the last of them. */
static unsigned collect(const struct worker *w, struct nicq_frame frames[], struct cursor *ahead)
{
    const struct run_shared *shared = w->shared;
    const struct capture *capture = shared->capture;
    const struct pace *pace = &shared->options->pace;
    bool paced = pace->kind != PACE_TOPSPEED;
    uint64_t now_ns = paced ? lab_os_clock_ns() - shared->start_ns : 0;
    unsigned n, burst = shared->options->burst;

    for (n = 0; n < burst && !cursor_at_end(ahead); n++) {
        const struct frame *frame = &capture->frames[ahead->frame];

        if (paced && pace_due_ns(pace, ahead->index, ahead->loop, capture_span_ns(capture),
                                 frame->time_ns) > now_ns)
            break;
        frames[n] = (struct nicq_frame){capture->data + frame->offset, frame->bytes};
        cursor_next(ahead);
    }
    return n;
}

/* The wire: puts the frames that are due into the queue. */
static void feed(struct worker *w)
{
    struct cursor ahead = w->feed;
    struct nicq_frame frames[MAX_BURST];
    unsigned n, fed;

    if (stop_requested() != STOP_NONE)
        return;
    n = collect(w, frames, &ahead);
    fed = nicq_dma(&w->queue, frames, n);
    for (unsigned i = 0; i < fed; i++)
        w->bytes_replayed += frames[i].n_bytes;
    w->frames_replayed += fed;
    if (fed == n && w->feed.loop > 0) {
        w->feed = ahead;
    } else {
        for (unsigned i = 0; i < fed; i++) {
            w->first_pass += w->feed.loop == 0;
            cursor_next(&w->feed);
        }
    }
    if (n > 0) {
        bool waits = fed < n && w->queue.dry;

        w->rx_nombuf += waits && (fed > 0 || !w->waiting);
        w->waiting = waits;
    }
}

/* Compares the packets with the frames that must come next. */
static void verify(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    const struct capture *capture = w->shared->capture;
    struct cursor expect = w->expect;
    uint64_t corrupted = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct frame *frame = &capture->frames[expect.frame];

        corrupted += !packet_is_frame(packets[i], capture->data + frame->offset, frame->bytes);
        cursor_next(&expect);
    }
    w->expect = expect;
    w->corrupted += corrupted;
}

static void account(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < n; i++)
        bytes += packets[i]->pkt_len;
    w->rx_bytes += bytes;
    w->rx_bursts++;
    w->rx_packets += n;
    lab_store_relaxed(&w->progress, w->rx_packets);
}

static void pass_on(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    unsigned sent = 0;

    if (w->handover == NULL) {
        release(packets, n);
        return;
    }
    while ((sent +=
            rte_ring_sp_enqueue_burst(w->handover, (void **)packets + sent, n - sent, NULL)) < n)
        idle(w->shared);
}

static bool is_over(const struct worker *w)
{
    return !nicq_holds_frames(&w->queue) &&
           (cursor_at_end(&w->feed) || stop_requested() != STOP_NONE);
}

static void wait_for_start(const struct run_shared *shared)
{
    while (lab_load_acquire(&shared->started) == 0) /* pairs with run_start() in run.c */
        idle(shared);
}

int worker_receive(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[MAX_BURST];

    nicq_refill(&w->queue);
    wait_for_start(w->shared);
    while (!is_over(w)) {
        unsigned n;

        feed(w);
        n = nicq_burst(&w->queue, packets, w->shared->options->burst);
        nicq_refill(&w->queue);
        if (n == 0) {
            idle(w->shared);
            continue;
        }
        account(w, packets, n);
        if (w->shared->options->verify)
            verify(w, packets, n);
        pass_on(w, packets, n);
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
            release(packets, n);
        idle(w->shared);
    } while (!last);
    return 0;
}
