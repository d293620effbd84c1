/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_PACE_H
#define REPLAY_PACE_H

#include <stdint.h>

/* When a frame is due.
 *
 * The schedule is absolute: every due time is computed from the start of the run and nothing is
 * ever added up, so it does not drift, however long it runs. Each loop of a capture begins where
 * the one before it was to end. */

enum pace_kind {
    PACE_TOPSPEED,   /* always due */
    PACE_MULTIPLIER, /* as recorded, `rate` times as fast */
    PACE_PPS,        /* `rate` frames a second */
};

struct pace {
    enum pace_kind kind;
    double rate;
};

/* Nanoseconds after the start at which a frame is due: the index-th of the run, in the loop-th
 * pass over a capture of span_ns, time_ns after the capture's first frame. */
uint64_t pace_due_ns(const struct pace *pace, uint64_t index, uint64_t loop, uint64_t span_ns,
                     uint64_t time_ns);

#endif
