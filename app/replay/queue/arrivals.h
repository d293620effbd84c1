/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_ARRIVALS_H
#define REPLAY_ARRIVALS_H

#include "capture/capture.h"

#include <rte_mbuf.h>
#include <stdint.h>

/* Finds the frame of the capture that has just arrived at a port.
 *
 * Between two ports frames can be lost, flows can overtake one another, and a kernel mixes in
 * packets of its own. So a packet is known by its bytes: either it is the frame that follows the
 * one before it, or a frame is looked up that has the same content. A position is a frame's index
 * among all of the run (loop x frames + frame); within a flow, from each of its ends, positions
 * only grow. */

enum arrival {
    ARRIVAL_FRAME,     /* of the capture, every byte, perhaps padded to Ethernet's least length */
    ARRIVAL_REORDERED, /* the same, behind a later one of its flow, or a second time */
    ARRIVAL_CORRUPTED, /* in a flow of the capture, and no frame of it */
    ARRIVAL_FOREIGN,   /* in no flow of the capture */
};

/* The capture by content; only read once it is made. */
struct arrivals_index;

/* Memory that the index takes at most, with what n_queues receiving lcores add to it. */
uint64_t arrivals_bytes(const struct capture *capture, unsigned n_queues);

/* 0 or -ENOMEM. The capture must outlive the index. */
int arrivals_index_create(const struct capture *capture, struct arrivals_index **ret_index);
void arrivals_index_free(struct arrivals_index *index);

/* The packets that one receiving lcore has seen so far. */
struct arrivals {
    const struct arrivals_index *index;
    uint64_t *flow_next; /* of each flow, the least position that may come */
    uint64_t next;       /* the position that follows the last arrival, in its queue */
    uint8_t *scratch;    /* a chain's bytes in one piece */
};

/* 0 or -ENOMEM. */
int arrivals_open(struct arrivals *ret_arrivals, const struct arrivals_index *index);
void arrivals_close(struct arrivals *arrivals);

/* Judges a packet; positions below `n_fed` have been given to the port, by whomever. For frames of
 * the capture, `*ret_bytes` is their length without padding. */
enum arrival arrivals_judge(struct arrivals *arrivals, const struct rte_mbuf *packet,
                            uint64_t n_fed, uint32_t *ret_bytes);

#endif
