/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/worker.h"

#include "life/release.h"
#include "queue/idle.h"
#include "queue/verify.h"
#include "stop.h"

#include <lab_os.h>

/* More than --burst can be. */
#define MAX_BURST 512

/* Whether a key has been pressed for the frame. After the last key it is the queue's end. */
static bool is_let_pass(struct keys_count *keys, struct cursor *ahead, const struct view *view)
{
    bool ended = lab_load_acquire(&keys->ended) != 0; /* pairs with keys_thread() in keys.c */

    if (view->index < lab_load_relaxed(&keys->pressed))
        return true;
    if (ended)
        ahead->end = ahead->index;
    return false;
}

/* At top speed a loop begins when the delay is over that follows the last frame of the one before
 * it. */
static __rte_noinline bool is_loop_due(struct worker *w, uint64_t loop)
{
    if (loop == w->loop)
        return true;
    if ((double)(w->now_ns - w->fed_ns) < w->supply.pace->loop_delay_ns)
        return false;
    w->loop = loop;
    return true;
}

static inline bool is_due(struct worker *w, struct cursor *ahead, const struct view *view)
{
    switch (w->supply.pace->kind) {
    case PACE_TOPSPEED:
        return is_loop_due(w, view->loop);
    case PACE_ONEATATIME:
        return is_let_pass(&w->shared->keys, ahead, view);
    default:
        return view->due_ns <= w->now_ns;
    }
}

/* The next frame has not been read yet: that is no fault of the pool's, and is distinguished. */
static __rte_noinline void starve(struct worker *w, const struct cursor *ahead)
{
    if (w->is_starving || cursor_at_end(ahead))
        return;
    w->is_starving = true;
    w->starved++;
    w->starving_since_ns = lab_os_clock_ns();
}

static __rte_noinline void be_fed(struct worker *w)
{
    w->is_starving = false;
    w->starved_ns += lab_os_clock_ns() - w->starving_since_ns;
}

/* A frame that is in memory, as it is, of which nobody asks when it is due. */
static inline void view_at(const struct capture *capture, const struct cursor *at,
                           struct view *ret_view)
{
    const struct frame *frame = &capture->frames[at->frame];

    ret_view->bytes = capture->data + frame->offset;
    ret_view->n_bytes = frame->bytes;
    ret_view->loop = at->loop;
}

/* The next frames where all are due, in memory, and as they are. */
static unsigned collect_at_once(const struct worker *w, struct view views[], struct cursor *ahead)
{
    unsigned n, burst = w->shared->options->burst;
    struct cursor at = *ahead; /* which no store can change, as far as the compiler knows */

    for (n = 0; n < burst && !cursor_at_end(&at); n++) {
        view_at(w->supply.capture, &at, &views[n]);
        cursor_next(&at);
    }
    *ahead = at;
    return n;
}

/* The frames that are due next, a burst at most; `ahead` is then behind the last of them. Edited
 * ones stand in scratch[], which has room for WORKER_EDITED of them. */
static unsigned collect(struct worker *w, struct view views[], struct cursor *ahead)
{
    unsigned n, burst = w->shared->options->burst;
    uint8_t *scratch = w->scratch;

    if (likely(w->at_once))
        return collect_at_once(w, views, ahead);
    if (scratch != NULL)
        burst = RTE_MIN(burst, WORKER_EDITED);
    if (w->supply.pace->kind != PACE_TOPSPEED || w->supply.pace->loop_delay_ns > 0)
        w->now_ns = lab_os_clock_ns() - w->shared->start_ns;
    for (n = 0; n < burst && !cursor_at_end(ahead); n++) {
        if (!supply_look(&w->supply, ahead, scratch, &views[n])) {
            starve(w, ahead);
            break;
        }
        if (unlikely(w->is_starving))
            be_fed(w);
        if (!is_due(w, ahead, &views[n]))
            break;
        if (scratch != NULL)
            scratch += views[n].n_bytes;
        cursor_next(ahead);
    }
    w->feed.end = ahead->end; /* which may have turned out just now */
    return n;
}

/* Frames that nobody received are behind us, as soon as no earlier one is in the queue. */
static void pass_dropped(struct worker *w)
{
    if (nicq_holds_frames(&w->queue))
        return;
    for (; w->skipped > 0; w->skipped--)
        cursor_next(&w->expect);
    if (w->supply.window != NULL)
        window_release(w->supply.window, w->expect.index);
}

/* Frames that find no buffer are gone, as those that find no descriptor are for a NIC. */
static void drop(struct worker *w, const struct view views[], unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        w->dropped_first += views[i].loop == 0;
    w->rx_dropped += n;
    if (w->skips != NULL) {
        w->skipped += n;
        pass_dropped(w);
    }
    life_dropped(&w->life, n);
}

/* Notes that `fed` frames are in the queue now. */
static void note_fed(struct worker *w, const struct view views[], unsigned fed)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < fed; i++)
        bytes += views[i].n_bytes;
    w->bytes_replayed += bytes;
    for (unsigned i = 0; i < fed && views[i].loop == 0; i++)
        w->first_pass++;
    for (unsigned i = 0; w->supply.unique_ip_loops != 0 && i < fed; i++)
        w->frames_edited += views[i].is_edited;
    for (unsigned i = 0; w->skips != NULL && i < fed; i++) {
        w->skips[(w->frames_replayed + i) & (w->queue.size - 1)] = w->skipped;
        w->skipped = 0;
    }
    w->frames_replayed += fed;
}

/* The cursor behind n frames of those that were collected. The last one was fed in time or late,
 * which gives the rate of the run. */
static void advance(struct worker *w, const struct view views[], unsigned done, unsigned n,
                    const struct cursor *ahead)
{
    if (done == 0)
        return;
    if (done == n)
        w->feed = *ahead;
    for (unsigned i = 0; done < n && i < done; i++)
        cursor_next(&w->feed);
    if (unlikely(!w->at_once)) { /* whose frames are due when they are there */
        w->due_ns = views[done - 1].due_ns;
        w->fed_ns = w->now_ns;
    }
}

/* How many of the frames found buffers and descriptors; *ret_dry: the others found no buffer. */
static unsigned put(struct worker *w, const struct view views[], unsigned n, bool *ret_dry)
{
    unsigned fed =
        likely(w->port == NULL) ? nicq_dma(&w->queue, views, n) : portq_put(w->port, views, n);

    *ret_dry = fed < n && (w->port == NULL ? w->queue.dry : w->port->dry);
    return fed;
}

/* The wire: puts the frames that are due into the queue. */
void worker_feed(struct worker *w, bool timed)
{
    struct cursor ahead = w->feed;
    struct view views[MAX_BURST];
    unsigned n, fed;
    bool dry;

    w->timing_due |= timed; /* one that has no frame leaves it to the next that has */
    if (stop_requested() != STOP_NONE)
        return;
    n = collect(w, views, &ahead);
    if (n == 0)
        return;
    if (w->timing_due && !w->timed) {
        w->timing_due = false;
        w->timed_from = rte_rdtsc();
        w->timed_as = w->frames_replayed;
        w->timed = true;
    }
    fed = put(w, views, n, &dry);
    note_fed(w, views, fed);
    if (dry && w->shared->drops) {
        advance(w, views, n, n, &ahead);
        drop(w, views + fed, n - fed);
        return;
    }
    advance(w, views, fed, n, &ahead);
    w->rx_nombuf += dry && (fed > 0 || !w->waiting);
    w->waiting = dry;
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

/* The frame at the cursor, which has been fed. */
static inline void look_again(const struct worker *w, struct cursor *expect, struct view *ret_view)
{
    if (likely(w->at_once))
        view_at(w->supply.capture, expect, ret_view);
    else
        (void)supply_look(&w->supply, expect, w->scratch, ret_view);
}

/* Follows the packets with the frames that must come next, and compares them. */
static void follow(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    bool verify = w->shared->options->verify;
    struct cursor expect = w->expect;
    uint64_t corrupted = 0;
    struct view view;

    for (unsigned i = 0; i < n; i++) {
        if (w->skips != NULL) {
            uint32_t skips = w->skips[(w->rx_packets + i) & (w->queue.size - 1)];

            for (; skips > 0; skips--)
                cursor_next(&expect);
        }
        if (verify) {
            look_again(w, &expect, &view);
            corrupted += !packet_is_frame(packets[i], view.bytes, view.n_bytes);
        }
        cursor_next(&expect);
    }
    w->expect = expect;
    w->corrupted += corrupted;
    if (w->supply.window != NULL)
        window_release(w->supply.window, expect.index);
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

void worker_wait_for_start(const struct run_shared *shared)
{
    while (lab_load_acquire(&shared->started) == 0) /* pairs with run_start() in run.c */
        idle(shared->yield);
}

/* --duration ends the run from here: a thread beside the lcores may be late, stand still in a write
 * that nobody reads, or not be there. */
void worker_keep_time(const struct worker *w)
{
    if (w->shared->end_ns != UINT64_MAX && lab_os_clock_ns() >= w->shared->end_ns)
        stop_request(STOP_DURATION);
}

static unsigned poll(struct worker *w, struct rte_mbuf *packets[])
{
    bool timed = meter_turn(&w->meter->polls);
    unsigned n;

    if (timed)
        worker_keep_time(w);
    worker_feed(w, timed);
    n = nicq_burst(&w->queue, packets, w->shared->options->burst);
    refill(w, timed);
    if (timed)
        meter_occupancy(w->meter, meter_outside(w->shared->meters, w->shared->n_meters));
    life_poll(&w->life, nicq_is_whole(&w->queue), w->waiting && n == 0);
    return n;
}

static void receive(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    life_clone(&w->life, packets, n);
    stamp(w, packets, n);
    if (worker_follows(w))
        follow(w, packets, n);
    account(w, packets, n);
    life_take(&w->life, packets, n);
}

int worker_receive(void *argument)
{
    struct worker *w = argument;
    struct rte_mbuf *packets[MAX_BURST];

    refill(w, false);
    worker_wait_for_start(w->shared);
    while (!is_over(w)) {
        unsigned n = poll(w, packets);

        if (n > 0) {
            receive(w, packets, n);
            continue;
        }
        worker_keep_time(w); /* where CPUs are shared, few polls can take long */
        idle(w->shared->yield);
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
