/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_EXHAUST_H
#define REPLAY_EXHAUST_H

#include <stdbool.h>
#include <stdint.h>

/* --exhaust: the receiving lcore keeps every packet until the pool is empty, polls on for a while
 * as if nothing was the matter, lets everything go, and begins anew. This says when to let go, and
 * remembers what the receive path did meanwhile. */
struct exhaust {
    bool on;
    unsigned polls;          /* in a row in which a frame could not be received */
    uint64_t let_go;         /* cycles; 0: the queue is whole */
    uint64_t times;          /* that everything was let go */
    uint64_t held_most;      /* packets, just before */
    uint64_t polls_empty;    /* polls with a pool that had nothing left to be kept */
    uint64_t refused;        /* refills that failed in them */
    uint64_t recoveries;     /* times the queue was whole again */
    uint64_t recovery_total; /* cycles that took, from letting go on */
    uint64_t recovery_most;
};

/* After each poll: whether it is time to let go. `starved`: a frame waits, and no refill brings
 * buffers; `spent`: frames come, but in the reserve; `whole`: each descriptor has a buffer. */
bool exhaust_poll(struct exhaust *exhaust, bool starved, bool spent, bool whole);

/* Says that `held` packets are let go now. */
void exhaust_let_go(struct exhaust *exhaust, uint64_t held);

void exhaust_merge(struct exhaust *into, const struct exhaust *from);

#endif
