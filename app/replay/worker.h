/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WORKER_H
#define REPLAY_WORKER_H

#include "capture.h"
#include "cursor.h"
#include "keys.h"
#include "nicq.h"
#include "options.h"
#include "supply.h"

#include <lab_atomic.h>
#include <rte_ring.h>

/* What the lcores do: one receiver for each queue, and with --free-on=other one releaser for
 * each receiver. */

struct run_shared {
    const struct options *options;
    const struct capture *capture;
    bool yield;           /* more lcores than CPUs: a poll that finds nothing gives way */
    lab_atomic_t started; /* 0 until start_ns is set */
    uint64_t start_ns;
    struct keys_count keys; /* --oneatatime */
};

/* One receiver's own; nobody else writes it, and `progress` alone is read while it runs. */
struct worker {
    struct run_shared *shared;
    struct nicq queue;
    struct supply supply;
    uint8_t *scratch; /* for an edited frame, until it has been copied or compared */
    struct cursor feed;
    struct cursor expect;
    struct rte_ring *handover; /* to the releaser; NULL: frees itself */
    bool waiting;              /* the frame at `feed` has been counted in rx_nombuf */

    lab_atomic_t progress; /* frames received so far */
    lab_atomic_t finished; /* nothing more will be handed over */
    uint64_t end_ns;
    uint64_t due_ns;     /* when the last frame that was fed was to be fed, after the start */
    uint64_t fed_ns;     /* and when it was */
    uint64_t first_pass; /* frames of the capture that have been replayed at least once */
    uint64_t frames_replayed;
    uint64_t frames_edited;
    uint64_t bytes_replayed;
    uint64_t rx_bursts; /* polls that found something */
    uint64_t rx_packets;
    uint64_t rx_bytes;
    uint64_t rx_nombuf; /* frames that had to wait because the pool was empty */
    uint64_t corrupted;
    bool is_starving; /* with --stream: the frame at `feed` has not been read yet */
    uint64_t starving_since_ns;
    uint64_t starved;
    uint64_t starved_ns;
} __rte_cache_aligned;

/* lcore functions; the argument is the struct worker. */
int worker_receive(void *worker);
int worker_release(void *worker);

#endif
