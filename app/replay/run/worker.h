/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WORKER_H
#define REPLAY_WORKER_H

#include "capture/capture.h"
#include "life/life.h"
#include "life/meter.h"
#include "options.h"
#include "queue/arrivals.h"
#include "queue/cursor.h"
#include "queue/nicq.h"
#include "queue/portq.h"
#include "queue/supply.h"
#include "run/keys.h"

#include <lab_atomic.h>

/* The work of the lcores: one receiver for each queue, and with --free-on=other one releaser for
 * each receiver. */

/* Frames that are edited for one poll, at most. */
#define WORKER_EDITED 32u
struct worker;
struct ports;

struct run_shared {
    const struct options *options;
    const struct capture *capture;
    struct ports *ports;                /* NULL: a receive path of our own */
    const struct arrivals_index *index; /* of the capture; NULL: none is needed */
    struct worker *workers;
    bool yield;           /* more lcores than CPUs: a poll that finds nothing gives way */
    lab_atomic_t started; /* 0 until start_ns is set */
    uint64_t start_ns;
    uint64_t end_ns;      /* when --duration is over; UINT64_MAX: there is none */
    struct meter *meters; /* of the receivers, then of the releasers */
    unsigned n_meters;
    bool drops;             /* a frame that finds no buffer is dropped */
    struct keys_count keys; /* --oneatatime */
};

/* One receiver's own; nobody else writes it, and the atomics alone are read while it runs. */
struct worker {
    struct run_shared *shared;
    struct nicq queue;
    struct supply supply;
    bool at_once;       /* every frame is due, in memory, and replayed as it is */
    uint8_t *scratch;   /* for edited frames, until they have been copied or compared; NULL: none */
    struct portq *port; /* NULL: our own queue */
    struct arrivals arrivals;
    struct cursor feed;
    struct cursor expect;
    struct life life;
    struct meter *meter;
    struct meter *releaser; /* the meter of the lcore that frees for this one */
    bool waiting;           /* the frame at `feed` has been counted in rx_nombuf */

    uint32_t *skips;     /* for each frame in the queue: how many were dropped before it */
    uint32_t skipped;    /* dropped since the last one that was fed */
    bool timing_due;     /* the next frame is to be timed */
    bool timed;          /* a frame in the queue is timed: */
    uint64_t timed_from; /* cycles */
    uint64_t timed_as;   /* its number, of those fed */

    lab_atomic_t progress; /* frames received so far */
    lab_atomic_t progress_bytes;
    lab_atomic_t finished; /* nothing more will be handed over */
    lab_atomic_t fed;      /* to a port: the index of the next frame */
    lab_atomic_t sent;     /* by a port: 0 until the last frame, then their number plus one */
    bool sending_over;
    uint64_t rx_seen; /* frames received when it was last looked for the end */
    uint64_t now_ns;  /* of this poll, after the start */
    uint64_t end_ns;
    uint64_t due_ns;        /* when the last frame that was fed was to be fed, after the start */
    uint64_t fed_ns;        /* and when it was */
    uint64_t first_pass;    /* frames of the capture that have been replayed at least once */
    uint64_t dropped_first; /* same, that have been dropped in the first pass */
    uint64_t frames_replayed;
    uint64_t frames_edited;
    uint64_t bytes_replayed;
    uint64_t rx_bursts; /* polls that found something */
    uint64_t rx_packets;
    uint64_t rx_bytes;
    uint64_t rx_nombuf; /* frames that had to wait because the pool was empty */
    uint64_t rx_dropped;
    bool is_starving; /* with --stream: the frame at `feed` has not been read yet */
    uint64_t starving_since_ns;
    uint64_t starved;
    uint64_t starved_ns;
    uint64_t rx_chains;
    uint64_t corrupted;
    uint64_t reordered;
    uint64_t foreign; /* packets that are nobody's frame */
    uint64_t loop;    /* that has begun, where there is a wait between loops */
} __rte_cache_aligned;

/* Whether the frames that are received must be known one by one. */
static inline bool worker_follows(const struct worker *w)
{
    return w->shared->options->verify || w->supply.window != NULL;
}

/* lcore functions; the argument is the struct worker. */
int worker_receive(void *worker);
int worker_release(void *worker);

/* Parts of it, for traffic.c. */
void worker_wait_for_start(const struct run_shared *shared);
void worker_feed(struct worker *w, bool timed);
void worker_keep_time(const struct worker *w);

#endif
