/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_WATERMARK_H
#define LAB_WATERMARK_H

/** @file
 * Watermarks: how near its end a store of free objects or pages is, as events that a program polls.
 *
 *     free      high ─ there is no pressure any more     (above_high)
 *       │       low  ─ fewer than these: pressure begins (below_low)
 *       ▼       min  ─ fewer than these                  (below_min)
 *
 * Between low and high the pressure stays what it was, so that no crossing is reported twice. The
 * watermarks only report: the owner of the store decides who may take what. */

/* Each crossing is counted, and raises a sequence by one, so that a program that polls asks for the
 * counts only when the sequence has changed. Progress: wait-free, but for a CAS that is tried once.
 *
 *     M1 fence between an event's count and the sequence   pairs with M2
 *     M2 poller's load of the sequence   acquire   pairs with M1: otherwise one that has seen the
 *        sequence change could miss the event for ever */

#include <lab_atomic.h>
#include <lab_common.h>

/** How near its end a store is. */
enum lab_pressure {
    LAB_PRESSURE_NONE, /**< there is enough */
    LAB_PRESSURE_LOW,  /**< less than the low watermark says was free, and not yet as much as the
                          high one says */
    LAB_PRESSURE_MIN   /**< less than the min watermark says is free; of a pool: nothing */
};

/** The crossings of watermarks, which are events. */
enum lab_crossing {
    LAB_BELOW_LOW,  /**< pressure begins */
    LAB_BELOW_MIN,  /**< less is free than the min watermark says; of a pool: nothing */
    LAB_ABOVE_HIGH, /**< there is no pressure any more */
    LAB_CROSSINGS   /**< their number */
};

/** @cond of the library's own use */

/* Constant. min <= low < high. */
struct lab_watermark_limits {
    uint64_t min;
    uint64_t low;
    uint64_t high;
};

/* Any thread writes it. */
struct lab_watermark {
    lab_atomic_t pressure;
    lab_atomic_t count[LAB_CROSSINGS];
};

/* The pressure that `free` makes, coming from another. */
LAB_INLINE enum lab_pressure lab_watermark_pressure(const struct lab_watermark_limits *limits,
                                                    int64_t free, enum lab_pressure before)
{
    if (free < (int64_t)limits->min)
        return LAB_PRESSURE_MIN;
    if (free < (int64_t)limits->low)
        return LAB_PRESSURE_LOW;
    if (free >= (int64_t)limits->high || before == LAB_PRESSURE_NONE)
        return LAB_PRESSURE_NONE;
    return LAB_PRESSURE_LOW;
}

LAB_INLINE bool lab_watermark_is_pressed(const struct lab_watermark *watermark)
{
    return lab_load_relaxed(&watermark->pressure) != LAB_PRESSURE_NONE;
}

/* Counts an event of any kind, for a poller of the sequence to find. Any thread. */
void lab_watermark_raise_event(lab_atomic_t *count, lab_atomic_t *sequence);

/* `free` objects have been counted. Changes the pressure, and raises the events of what was
 * crossed. Returns these, a bit for each, 1 << enum lab_crossing: pressure begins with
 * LAB_BELOW_LOW. Any thread; one that loses against another leaves the change to the next that
 * counts. */
unsigned lab_watermark_update(struct lab_watermark *watermark,
                              const struct lab_watermark_limits *limits, int64_t free,
                              lab_atomic_t *sequence);

/** @endcond */

#endif
