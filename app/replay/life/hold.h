/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_HOLD_H
#define REPLAY_HOLD_H

#include "life/hold_spec.h"

#include <rte_mbuf.h>

/* Packets that the program keeps for a while before it frees them, as one that reassembles, queues
 * or leaks does. Time is counted in frames of the wire, those that found no buffer included, so
 * that a run does the same however fast it is. One thread's own.
 *
 * Exponential times need no clock for each packet: they have no memory, so with n packets held,
 * each for MEAN frames on average, the next to go is any of them, and goes after MEAN / n frames on
 * average. */
struct hold {
    struct hold_spec spec;
    struct rte_mbuf **kept; /* a ring for HOLD_FIXED: entries from `first` on */
    uint64_t *since;        /* HOLD_FIXED: the frame that each came with */
    uint32_t mask;          /* of the ring */
    uint64_t first, end;    /* counters that only grow for HOLD_FIXED; otherwise first = 0 */
    uint64_t now;           /* frames so far */
    uint64_t sorted;        /* HOLD_FOREVER: entries that are to stay */
    double settled;         /* HOLD_EXP: frames of which the effect has been seen to */
    double left;            /* HOLD_EXP: until the next one goes, in lives of MEAN frames */
    bool all;               /* everything goes now */
};

/* Memory that it takes to hold at most `most` packets. */
uint64_t hold_bytes(const struct hold_spec *spec, uint32_t most);

/* Holds at most `most` packets. 0 or -ENOMEM. */
int hold_open(struct hold *ret_hold, const struct hold_spec *spec, uint32_t most);

/* It must be empty. */
void hold_close(struct hold *hold);

/* Notes that n frames have come by on the wire. */
static inline void hold_tick(struct hold *hold, unsigned n)
{
    hold->now += n;
}

void hold_put(struct hold *hold, struct rte_mbuf *const packets[], unsigned n);

/* Takes out up to n packets whose time is over; 0 when there is none left. */
unsigned hold_take(struct hold *hold, struct rte_mbuf *packets[], unsigned n);

static inline uint64_t hold_count(const struct hold *hold)
{
    return hold->end - hold->first;
}

#endif
