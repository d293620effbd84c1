/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WORKER_H
#define REPLAY_WORKER_H

#include "arrivals.h"
#include "capture.h"
#include "cursor.h"
#include "nicq.h"
#include "options.h"
#include "portq.h"

#include <lab_atomic.h>
#include <rte_ring.h>

/* What the lcores do: one receiver for each queue, and with --free-on=other one releaser for
 * each receiver. */

struct worker;

struct run_shared {
    const struct options *options;
    const struct capture *capture;
    struct worker *workers;
    bool yield;           /* more lcores than CPUs: a poll that finds nothing gives way */
    lab_atomic_t started; /* 0 until start_ns is set */
    uint64_t start_ns;
};

/* One receiver's own; nobody else writes it, and the atomics alone are read while it runs. */
struct worker {
    struct run_shared *shared;
    struct nicq queue;
    struct portq *port; /* NULL: our own queue */
    struct arrivals arrivals;
    struct cursor feed;
    struct cursor expect;
    struct rte_ring *handover; /* to the releaser; NULL: frees itself */
    bool waiting;              /* the frame at `feed` has been counted in rx_nombuf */

    lab_atomic_t progress; /* frames received so far */
    lab_atomic_t finished; /* nothing more will be handed over */
    lab_atomic_t fed;      /* to a port: the index of the next frame */
    lab_atomic_t sent;     /* by a port: 0 until the last frame, then their number plus one */
    bool sending_over;
    uint64_t rx_seen; /* frames received when it was last looked for the end */
    uint64_t end_ns;
    uint64_t first_pass; /* frames of the capture that have been replayed at least once */
    uint64_t frames_replayed;
    uint64_t bytes_replayed;
    uint64_t rx_bursts; /* polls that found something */
    uint64_t rx_packets;
    uint64_t rx_bytes;
    uint64_t rx_nombuf; /* frames that had to wait because the pool was empty */
    uint64_t rx_chains;
    uint64_t corrupted;
    uint64_t reordered;
    uint64_t foreign; /* packets that are nobody's frame */
} __rte_cache_aligned;

/* lcore functions; the argument is the struct worker. */
int worker_receive(void *worker);
int worker_release(void *worker);

/* Parts of it, for traffic.c. */
void worker_wait_for_start(const struct run_shared *shared);
void worker_idle(const struct run_shared *shared);
void worker_feed(struct worker *w);
void worker_pass_on(struct worker *w, struct rte_mbuf *packets[], unsigned n);

#endif
