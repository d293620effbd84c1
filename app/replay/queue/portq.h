/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_PORTQ_H
#define REPLAY_PORTQ_H

#include "capture/view.h"
#include "queue/arrivals.h"

#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

/* A transmit queue of one ethdev port and a receive queue of another, for one lcore: what nicq is
 * where the receive path is our own. Frames are put, and wait until the port takes them. */

#define PORTQ_MAX_BURST 512

struct portq {
    uint16_t tx_port[2]; /* of each way */
    bool has_two;        /* ways; without one all go the first */
    uint8_t way;         /* of what waits */
    uint16_t rx_port[2];
    unsigned n_rx; /* ports that are received from, in turn; 0: with --rx-port=none */
    unsigned rx_turn;
    uint16_t queue;
    struct rte_mempool *pool;
    uint32_t room; /* bytes of a frame that one buffer takes */
    uint32_t burst;

    struct rte_mbuf *waiting[PORTQ_MAX_BURST];
    uint32_t n_waiting;
    struct rte_mbuf *spare[PORTQ_MAX_BURST]; /* got in bulk, for the next frames */
    uint32_t n_spare;

    bool dry;                /* the pool could not meet the last request */
    uint64_t taken;          /* buffers */
    uint64_t alloc_failures; /* each try counts */
    uint64_t idle_since_ns;  /* when the port took no frame for the first time; 0: it did */
    bool stalled;            /* it has taken none for so long that no more are put */
};

/* Makes packets of frames, of as many as are returned: a burst may wait, and the pool be empty. A
 * frame of the other way is put when all before it have left, so that the order of both ways stays.
 */
unsigned portq_put(struct portq *q, const struct view views[], unsigned n);

/* Offers what waits to the port. */
void portq_flush(struct portq *q);

unsigned portq_burst(struct portq *q, struct rte_mbuf *packets[], unsigned n);

/* Gives back what the port never took, and says how much that was. */
void portq_close(struct portq *q, uint64_t *ret_frames, uint64_t *ret_bytes);

#endif
