/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pace.h"

/* A rate near zero puts the time beyond what 64 bits can tell: 584 years will do. */
static uint64_t whole_ns(double ns)
{
    return ns < 0x1p64 ? (uint64_t)ns : UINT64_MAX;
}

/* A double counts whole nanoseconds for 104 days; after that it errs by less than a microsecond
 * for longer than anybody will wait. */
uint64_t pace_due_ns(const struct pace *pace, uint64_t index, uint64_t loop, uint64_t span_ns,
                     uint64_t time_ns)
{
    switch (pace->kind) {
    case PACE_MULTIPLIER:
        return whole_ns(((double)loop * (double)span_ns + (double)time_ns) / pace->rate);
    case PACE_PPS:
        return whole_ns((double)index * 1e9 / pace->rate);
    case PACE_TOPSPEED:
        break;
    }
    return 0;
}
