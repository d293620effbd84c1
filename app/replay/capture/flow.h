/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_FLOW_H
#define REPLAY_FLOW_H

#include "capture/capture.h"

#include <stdbool.h>
#include <stdint.h>

/* The frames that belong together.
 *
 * A flow is what shares addresses and ports; of fragments, and of what is neither TCP, UDP nor
 * SCTP, the addresses alone; of what is not IP, or too short to tell, the MAC addresses. VLAN tags
 * are looked through. */

/* Toeplitz with a key that repeats every 16 bits (Woo and Park, "Scalable TCP session monitoring
 * with symmetric receive-side scaling", 2012): both directions of a flow have the same hash. The
 * key is also what a port with receive-side scaling is given. */
#define FLOW_KEY_BYTES 52 /* the longest that a NIC asks for */
extern const uint8_t flow_key[FLOW_KEY_BYTES];

uint32_t flow_hash(const uint8_t *frame, uint32_t n_bytes);

/* A flow of IP, whichever the direction, and the end that has sent a frame of it. */
struct flow_ends {
    uint64_t flow;     /* a hash of 64 bits; 0: the frame is not IP */
    uint64_t source;   /* the same of its sender's address and port */
    bool is_first_syn; /* it asks for a connection of TCP */
};

struct flow_ends flow_ends(const uint8_t *frame, uint32_t n_bytes);

/* One direction of a flow between two machines: a hash of all that names it, of 64 bits, so that
 * no two flows of a capture meet in one by chance. */
uint64_t flow_direction(const uint8_t *frame, uint32_t n_bytes);

/* 64 bits of hash over any bytes, for distinguishing what nobody has made to collide. */
uint64_t flow_mix(uint64_t seed, const void *bytes, size_t n_bytes);

/* Gives each frame to the queue of its flow, or of its file: sets capture->queued[] and the steps
 * of capture->frames[]. 0, or -ENOMEM, or -E2BIG for more frames than a step can tell, with several
 * queues. Once a capture. */
int flow_spread(struct capture *capture, unsigned n_queues, bool by_file);

#endif
