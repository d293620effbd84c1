/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SERIES_H
#define REPLAY_SERIES_H

#include <stdbool.h>
#include <stdint.h>

/* How a run went, interval by interval. There are at most SERIES_MAX points: a longer run's are
 * merged in pairs, and the interval doubles. */

#define SERIES_MAX 1000 /* even */
#define SERIES_LCORES 64

struct point {
    double seconds; /* from the start to the interval's end */
    double mpps;
    double gbps;
    double latency_mean_ns; /* of packets freed in it; 0: none was timed */
    double latency_max_ns;
    uint32_t outside[SERIES_LCORES]; /* buffers that each receiving lcore has outside of the pool */
};

struct series {
    unsigned n;
    unsigned lcores;
    unsigned merged; /* intervals that make a point now, and those that the next one has so far */
    unsigned pending;
    struct point points[SERIES_MAX + 1]; /* the one at n is the next one, while it grows */
};

/* NULL when there is no memory. */
struct series *series_open(unsigned lcores);

void series_add(struct series *series, const struct point *point);

#endif
