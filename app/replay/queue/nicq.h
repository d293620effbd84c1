/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_NICQ_H
#define REPLAY_NICQ_H

#include "capture/view.h"

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

/* The receive queue of a NIC, in software: a ring of descriptors that hold buffers of the pool.
 * The device's half, nicq_dma(), writes frames into posted buffers; the driver's half hands them
 * out in bursts and posts new buffers, in bulk, as a poll-mode driver does. One thread does all.
 *
 * Counters only grow: received <= filled <= posted <= received + size. Descriptors from
 * `received` to `filled` hold frames, those up to `posted` empty buffers, the others nothing. */
struct nicq {
    struct rte_mempool *pool;
    struct rte_mbuf **mbufs;
    uint32_t *done;       /* what the device says of a descriptor */
    uint32_t size;        /* a power of two */
    uint32_t room;        /* bytes of a frame that one buffer takes */
    uint32_t data_offset; /* from a buffer's header to where its frame is written */
    uint64_t rearm;       /* the first word that a driver writes into a header */
    uint64_t posted;
    uint64_t filled;
    uint64_t received;
    bool dry;                /* the pool could not meet the last refill */
    uint64_t alloc_failures; /* refills that the pool could not meet; each try counts */
    uint64_t n_chains;       /* packets of more than one segment */
};

/* 0 or -ENOMEM. The queue begins without buffers: nicq_refill() posts them. */
int nicq_open(struct nicq *ret_queue, struct rte_mempool *pool, uint32_t size);

/* Gives all buffers back. */
void nicq_close(struct nicq *queue);

/* Writes frames into as many posted buffers as they need. Returns how many frames that was: fewer
 * than n when there are too few buffers for the next one. */
unsigned nicq_dma(struct nicq *queue, const struct view frames[], unsigned n);

/* Hands out up to n packets, frames larger than a buffer as chains. */
unsigned nicq_burst(struct nicq *queue, struct rte_mbuf *packets[], unsigned n);

/* Posts buffers on every descriptor that has none, as far as the pool has some. */
void nicq_refill(struct nicq *queue);

static inline bool nicq_holds_frames(const struct nicq *queue)
{
    return queue->received != queue->filled;
}

/* Whether every descriptor has a buffer. */
static inline bool nicq_is_whole(const struct nicq *queue)
{
    return queue->posted - queue->received == queue->size;
}

#endif
