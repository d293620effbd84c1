/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_RESULT_H
#define REPLAY_RESULT_H

#include "capture/capture.h"
#include "life/exhaust.h"
#include "options.h"
#include "queue/port.h"
#include "report/findings.h"
#include "report/series.h"
#include "statistics.h"
#include "stop.h"

#include <stdbool.h>
#include <stdint.h>

/* The outcome of a run, which the run fills in and the reports read. */

/* The report of a run over ports. */
struct port_result {
    bool used;
    char tx[RTE_ETH_NAME_MAX_LEN];
    char tx2[RTE_ETH_NAME_MAX_LEN]; /* which sends what servers do; "": there is none */
    char rx[RTE_ETH_NAME_MAX_LEN];  /* "": nothing was to be received; with tx2, both receive */
    bool stalled;                   /* the port took no more frames */
    uint64_t foreign;
    uint64_t reordered;
    uint64_t duplicated; /* more came back than were sent */
    uint64_t lost[LOSSES];
    uint64_t kept; /* buffers that the driver has not given back even when it was closed */
};

/* A capture, once through a pool: what happened. */
struct run_result {
    const char *pool;
    uint64_t frames_replayed;
    uint64_t bytes_replayed;
    uint64_t frames_edited; /* of those replayed, with other addresses: --unique-ip */
    uint64_t not_reached;   /* frames of the capture that were never replayed: it ended too early */
    uint64_t rx_bursts;     /* polls that found something */
    uint64_t rx_packets;
    uint64_t queue_packets[OPTIONS_MAX_QUEUES];
    uint64_t rx_bytes;
    uint64_t rx_chains;
    uint64_t rx_nombuf;
    uint64_t rx_dropped;
    uint64_t dropped_first; /* of these, in the first pass */
    uint64_t allocations;   /* buffers */
    uint64_t alloc_failures;
    uint64_t freed_same; /* buffers of packets that were freed on the lcore that received them */
    uint64_t freed_other;
    uint64_t unkept; /* packets that came in the reserve, and were not held for that */
    uint64_t clones; /* buffers */
    uint64_t clone_failures;
    struct exhaust exhaust;
    uint64_t corrupted;
    uint64_t starved; /* waits for a frame that had not been read yet: --stream */
    double starved_s;
    bool unread; /* the capture has not been read to its end once: --stream */
    uint64_t leaked;
    struct findings findings;
    struct series
        *series; /* NULL: none was asked for, or no memory; whoever has the result frees it */
    double duration_s;
    double planned_s; /* when the last frame that was replayed was due */
    double fed_s;     /* and when it was fed */
    enum stop_cause stopped;
    bool interrupted; /* a signal has ended this run, or another of its pool's rounds */
    struct port_result port;

    /* Of several rounds, this is the one in the middle: rounds.h. */
    unsigned rounds;
    struct spread mpps_spread;
    struct spread ratio; /* to the first pool, paired by round */
};

/* Whether all went as asked: every frame was received, whole, and every buffer is back. */
bool result_is_clean(const struct run_result *result);

/* Whether nothing was to be received: --rx-port=none. */
bool result_only_sends(const struct run_result *result);

/* The rate of what was received or, of a run that only sends, of what was sent. */
double result_mpps(const struct run_result *result);
double result_gbps(const struct run_result *result);

/* The flows that were replayed: with --unique-ip, the capture's in each loop that had addresses of
 * its own. False where that is not known. */
bool result_flows(const struct run_result *result, const struct options *options,
                  const struct capture *capture, double *ret_flows);

/* The part of the rate that was asked for which was reached, of a run at a pace. False where that
 * cannot be known: no frame was due later than at once. */
bool result_reached(const struct run_result *result, double *ret_part);

#endif
