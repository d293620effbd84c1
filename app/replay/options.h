/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_OPTIONS_H
#define REPLAY_OPTIONS_H

#include "capture/capture.h"
#include "capture/pace.h"
#include "life/hold_spec.h"
#include "option.h"

#include <stdbool.h>
#include <stdint.h>

#define PROGRAM "labyrinth-replay"

#define OPTIONS_MAX_POOLS 8
#define OPTIONS_MAX_QUEUES CAPTURE_MAX_QUEUES

/* The lcore that frees a packet. */
enum free_on {
    FREE_ON_SAME,   /* the one that received it */
    FREE_ON_OTHER,  /* one that only frees */
    FREE_ON_RANDOM, /* either, by bursts */
};

/* The command line, checked: what each option means stands in options.c, as its help. */
struct options {
    struct eal_words eal;
    struct capture_request capture; /* without what the machine can do */

    uint64_t loop; /* 0: for ever */
    double duration_s;
    bool unique_ip;
    uint64_t unique_ip_loops; /* that have the same addresses; 0: chosen */
    bool stream;
    uint64_t window_mib; /* 0: chosen */
    bool paced;          /* the pace was asked for, and is not the default */
    struct pace pace;

    const char *port;    /* NULL: the built-in receive path */
    const char *rx_port; /* NULL: the same; "none" */
    const char *port2;   /* that sends what servers do; NULL: none */
    const char *intf1;   /* ports may be interfaces of the kernel, as this first one; NULL: not */
    const char *intf2;
    const char *cachefile; /* of tcpprep's; NULL: none */
    unsigned rxq;
    unsigned rxd;
    unsigned burst;
    unsigned mbuf_size;
    unsigned total_num_mbufs; /* 0: chosen by sizing.c */
    unsigned mbcache;
    unsigned reserve; /* buffers of the pool that only receive queues may take */
    const char *pools[OPTIONS_MAX_POOLS];
    unsigned n_pools;
    enum free_on free_on;
    struct hold_spec hold;
    bool clone;
    uint64_t seed;
    unsigned repeat; /* rounds */
    bool find_size;

    bool verify;
    const char *json; /* NULL: none */
    double stats_s;   /* 0: none */
    bool quiet;
};

/* Whether all go together, and otherwise says why not: an option that does nothing beside the
 * others was meant otherwise. For options_parse(). */
bool options_make_sense(const struct options *options);

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[]);

#endif
