/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_PACE_H
#define REPLAY_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When a frame is due.
 *
 * The schedule is absolute: every due time is computed from the start of the run, and gaps are
 * never added up, so it does not drift, however long it runs. Each pass over a capture begins
 * where the one before it was to end. */

enum pace_kind {
    PACE_TOPSPEED,   /* always due */
    PACE_MULTIPLIER, /* as recorded, `rate` times as fast */
    PACE_PPS,        /* `rate` frames a second */
    PACE_MBPS,       /* `rate` million bits a second, of the bytes of the frames */
    PACE_ONEATATIME, /* when a key has been pressed for it (keys.h) */
    PACE_KINDS,
};

struct pace {
    enum pace_kind kind;
    double rate;
    uint64_t together;    /* with PACE_PPS, frames that are due at once; 0 is 1 */
    double longest_ns;    /* no frame is due later than this after the one before it; 0: no bound */
    double loop_delay_ns; /* between two passes; at top speed, after the end of the first */
};

/* "pps", which is also the name of its option. */
const char *pace_name(enum pace_kind kind);

/* Nanoseconds as a whole number; UINT64_MAX, which is never, for what has no place in 64 bits. */
uint64_t pace_whole_ns(double ns);

/* Whether frames are due at times. */
static inline bool pace_is_timed(const struct pace *pace)
{
    return pace->kind != PACE_TOPSPEED && pace->kind != PACE_ONEATATIME;
}

/* One pass over a capture, planned frame by frame in their order. */
struct pace_plan {
    struct pace pace;
    uint64_t bytes;    /* of the frames so far */
    uint64_t n_frames; /* so far */
    double uncut_ns;   /* when the last of them is due, were there no longest wait */
    double cut_ns;     /* what the longest wait has taken away so far */
};

void pace_plan_start(struct pace_plan *plan, const struct pace *pace);

/* When in its pass the next frame is due; it was recorded time_ns after the first. */
double pace_plan_next(struct pace_plan *plan, uint64_t time_ns, uint32_t bytes);

/* "26.1 hours", for the line about a long wait. */
void pace_format(uint64_t ns, char *text, size_t capacity);

/* A pass that takes longer is reported before it begins. */
#define PACE_LONG_NS UINT64_C(3600000000000)

/* How long a pass over the frames so far takes. */
double pace_plan_pass_ns(const struct pace_plan *plan);

/* Nanoseconds after the start at which a frame is due: the index-th of the run, in the loop-th
 * pass of pass_ns, due_ns after that began. */
uint64_t pace_due_ns(const struct pace *pace, uint64_t index, uint64_t loop, double pass_ns,
                     double due_ns);

#endif
