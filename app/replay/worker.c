/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "worker.h"

#include "idle.h"
#include "release.h"
#include "stop.h"
#include "verify.h"

#include <lab_os.h>

/* More than --burst can be. */
#define MAX_BURST 512

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

/* Frames that find no buffer are gone, as those that find no descriptor are for a NIC. */
static void drop(struct worker *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        w->dropped_first += w->feed.loop == 0;
        cursor_next(&w->feed);
    }
    w->rx_dropped += n;
    w->skipped += n;
    life_dropped(&w->life, n);
}

/* So many frames are in the queue now. */
static void note_fed(struct worker *w, const struct nicq_frame frames[], unsigned fed)
{
    for (unsigned i = 0; i < fed; i++)
        w->bytes_replayed += frames[i].n_bytes;
    for (unsigned i = 0; w->skips != NULL && i < fed; i++) {
        w->skips[(w->frames_replayed + i) & (w->queue.size - 1)] = w->skipped;
        w->skipped = 0;
    }
    w->frames_replayed += fed;
}

/* The wire: puts the frames that are due into the queue. */
static void feed(struct worker *w, bool timed)
{
    struct cursor ahead = w->feed;
    struct nicq_frame frames[MAX_BURST];
    unsigned n, fed;

    if (stop_requested() != STOP_NONE)
        return;
    n = collect(w, frames, &ahead);
    if (timed && n > 0 && !w->timed) {
        w->timed_from = rte_rdtsc();
        w->timed_as = w->frames_replayed;
        w->timed = true;
    }
    fed = nicq_dma(&w->queue, frames, n);
    note_fed(w, frames, fed);
    if (fed == n && w->feed.loop > 0) {
        w->feed = ahead;
    } else {
        for (unsigned i = 0; i < fed; i++) {
            w->first_pass += w->feed.loop == 0;
            cursor_next(&w->feed);
        }
    }
    if (fed < n && w->queue.dry && w->shared->drops) {
        drop(w, n - fed);
    } else if (n > 0) {
        bool waits = fed < n && w->queue.dry;

        w->rx_nombuf += waits && (fed > 0 || !w->waiting);
        w->waiting = waits;
    }
}

static void refill(struct worker *w, bool timed)
{
    uint64_t posted = w->queue.posted, start;

    if (likely(!timed)) {
        nicq_refill(&w->queue);
    } else {
        start = rte_rdtsc();
        nicq_refill(&w->queue);
        meter_add(&w->meter->get, rte_rdtsc() - start, (unsigned)(w->queue.posted - posted));
    }
    meter_taken(w->meter, w->queue.posted + w->life.n_clones);
}

/* Marks the timed frame, if it is one of these. */
static void stamp(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    if (w->timed && w->timed_as < w->rx_packets + n) {
        meter_stamp(packets[w->timed_as - w->rx_packets], w->timed_from);
        w->timed = false;
    }
}

/* Compares the packets with the frames that must come next. */
static void verify(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    const struct capture *capture = w->shared->capture;
    struct cursor expect = w->expect;
    uint64_t corrupted = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct frame *frame;

        if (w->skips != NULL) {
            uint32_t skips = w->skips[(w->rx_packets + i) & (w->queue.size - 1)];

            for (; skips > 0; skips--)
                cursor_next(&expect);
        }
        frame = &capture->frames[expect.frame];
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
    lab_store_relaxed(&w->progress_bytes, w->rx_bytes);
}

static bool is_over(const struct worker *w)
{
    return !nicq_holds_frames(&w->queue) &&
           (cursor_at_end(&w->feed) || stop_requested() != STOP_NONE);
}

static void wait_for_start(const struct run_shared *shared)
{
    while (lab_load_acquire(&shared->started) == 0) /* pairs with run_start() in run.c */
        idle(shared->yield);
}

static unsigned poll(struct worker *w, struct rte_mbuf *packets[])
{
    bool timed = meter_turn(&w->meter->polls);
    unsigned n;

    feed(w, timed);
    n = nicq_burst(&w->queue, packets, w->shared->options->burst);
    refill(w, timed);
    if (timed)
        meter_occupancy(w->meter, meter_outside(w->shared->meters, w->shared->n_meters));
    life_poll(&w->life, &w->queue, w->waiting && n == 0);
    return n;
}

static void receive(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    life_clone(&w->life, packets, n);
    stamp(w, packets, n);
    if (w->shared->options->verify)
        verify(w, packets, n);
    account(w, packets, n);
    life_take(&w->life, packets, n);
}

int worker_receive(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[MAX_BURST];

    refill(w, false);
    wait_for_start(w->shared);
    while (!is_over(w)) {
        unsigned n = poll(w, packets);

        if (n == 0)
            idle(w->shared->yield);
        else
            receive(w, packets, n);
    }
    w->end_ns = lab_os_clock_ns();
    life_end(&w->life);
    nicq_close(&w->queue);
    lab_store_release(&w->finished, 1); /* pairs with worker_release() */
    return 0;
}

int worker_release(void *argument)
{
    struct worker *w = argument;
    struct rte_ring *handover = w->life.handover;
    struct rte_mbuf *packets[MAX_BURST];
    bool last;

    do {
        unsigned n;

        /* Asked before the ring is looked at: what came before the end is in the ring then. */
        last = lab_load_acquire(&w->finished) != 0; /* pairs with worker_receive() */
        while ((n = rte_ring_sc_dequeue_burst(handover, (void **)packets, MAX_BURST, NULL)) > 0)
            release(packets, n, w->releaser);
        idle(w->shared->yield);
    } while (!last);
    return 0;
}
