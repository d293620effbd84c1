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

static void idle(const struct run_shared *shared)
{
    if (shared->yield)
        sched_yield();
    else
        rte_pause();
}

/* Whether a key has been pressed for the frame. After the last key it is the queue's end. */
static bool is_let_pass(struct worker *w, const struct view *view)
{
    struct keys_count *keys = &w->shared->keys;
    bool ended = lab_load_acquire(&keys->ended) != 0; /* pairs with keys_thread() in keys.c */

    if (view->index < lab_load_relaxed(&keys->pressed))
        return true;
    if (ended)
        w->feed.end = w->feed.index;
    return false;
}

/* Whether the frame is due. What is fed next is that frame, so its times are the run's. */
static bool is_due(struct worker *w, const struct view *view, uint64_t now_ns)
{
    if (w->supply.pace->kind == PACE_TOPSPEED)
        return true;
    if (w->supply.pace->kind == PACE_ONEATATIME)
        return is_let_pass(w, view);
    if (view->due_ns > now_ns)
        return false;
    w->due_ns = view->due_ns;
    w->fed_ns = now_ns;
    return true;
}

/* The next frame has not been read yet: that is no fault of the pool's, and is told apart. */
static void starve(struct worker *w)
{
    if (w->is_starving || cursor_at_end(&w->feed))
        return;
    w->is_starving = true;
    w->starved++;
    w->starving_since_ns = lab_os_clock_ns();
}

static void be_fed(struct worker *w)
{
    w->is_starving = false;
    w->starved_ns += lab_os_clock_ns() - w->starving_since_ns;
}

/* The wire: puts the frames that are due into the queue, a burst at most. */
static void feed(struct worker *w)
{
    const struct run_shared *shared = w->shared;
    unsigned budget = shared->options->burst;
    uint64_t now_ns = 0;

    if (stop_requested() != STOP_NONE)
        return;
    if (w->supply.pace->kind != PACE_TOPSPEED)
        now_ns = lab_os_clock_ns() - shared->start_ns;
    for (; budget > 0 && !cursor_at_end(&w->feed); budget--) {
        struct view view;

        if (!supply_look(&w->supply, &w->feed, w->scratch, &view)) {
            starve(w);
            return;
        }
        if (unlikely(w->is_starving))
            be_fed(w);
        if (!is_due(w, &view, now_ns))
            return;
        if (!nicq_dma(&w->queue, view.bytes, view.n_bytes)) {
            w->rx_nombuf += w->queue.dry && !w->waiting;
            w->waiting = w->queue.dry;
            return;
        }
        w->waiting = false;
        w->first_pass += view.loop == 0;
        w->frames_edited += view.is_edited;
        w->frames_replayed++;
        w->bytes_replayed += view.n_bytes;
        cursor_next(&w->feed);
    }
}

static void check(struct worker *w, struct rte_mbuf *const packets[], unsigned n)
{
    bool verify = w->shared->options->verify;

    for (unsigned i = 0; i < n; i++) {
        w->rx_bytes += packets[i]->pkt_len;
        if (verify) {
            struct view view;

            (void)supply_look(&w->supply, &w->expect, w->scratch, &view);
            w->corrupted += !packet_is_frame(packets[i], view.bytes, view.n_bytes);
            cursor_next(&w->expect);
        }
    }
    w->rx_bursts++;
    w->rx_packets += n;
    lab_store_relaxed(&w->progress, w->rx_packets);
    if (w->supply.window != NULL)
        window_release(w->supply.window, w->rx_packets);
}

static void pass_on(struct worker *w, struct rte_mbuf *packets[], unsigned n)
{
    unsigned sent = 0;

    if (w->handover == NULL) {
        rte_pktmbuf_free_bulk(packets, n);
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
        check(w, packets, n);
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
            rte_pktmbuf_free_bulk(packets, n);
        idle(w->shared);
    } while (!last);
    return 0;
}
