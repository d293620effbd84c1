/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_LIFE_H
#define REPLAY_LIFE_H

#include "life/exhaust.h"
#include "life/hold.h"
#include "life/meter.h"
#include "options.h"
#include "queue/nicq.h"

#include <rte_ring.h>

/* The life of packets between receiving and freeing: cloned, held, and freed here or on another
 * lcore. One receiver's own, but for the ring. */
struct life {
    struct rte_ring *handover; /* to the lcore that frees; NULL: this one does */
    bool random;               /* and by chance this one, too */
    bool yield;                /* a full ring is waited for by giving way */
    bool clone;
    struct hold hold;
    struct exhaust exhaust;
    struct meter *meter;
    struct rte_mempool *reserve; /* the pool, if it has one; otherwise NULL */
    bool spent;                  /* of what came last, all lay in the reserve */
    uint64_t unkept;             /* packets that were not held since they lay in the reserve */
    uint64_t n_clones;           /* buffers */
    uint64_t clone_failures;
};

/* The index is the receiver's. 0 or -ENOMEM. */
int life_open(struct life *ret_life, const struct options *options, unsigned index,
              struct rte_mempool *pool, bool yield, struct meter *meter);
void life_close(struct life *life);

/* With --clone puts clones in the places of packets, as far as the pool has buffers for them. */
void life_clone(struct life *life, struct rte_mbuf *packets[], unsigned n);

/* Takes the packets over. The array is used up. */
void life_take(struct life *life, struct rte_mbuf *packets[], unsigned n);

/* After each poll. `whole`: every descriptor has a buffer, or what is sent has one; `starved`: a
 * frame waits, and the pool has nothing for it. */
void life_poll(struct life *life, bool whole, bool starved);

/* Notes that n frames were dropped: packets that are held grow older by them. */
void life_dropped(struct life *life, unsigned n);

/* Lets go of what is held. */
void life_end(struct life *life);

#endif
