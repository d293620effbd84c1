/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>

/* The measures that a turn takes of a pool. Every pattern measures the speed; some measure more. */

enum measure {
    MEASURE_MOPS,       /* million operations a second, of all lcores together */
    MEASURE_KEPT,       /* speed of the others while one is frozen, over that while it rests */
    MEASURE_HALTED,     /* share of the freezes in which the others stood still */
    MEASURE_P50,        /* duration of a single call, ns */
    MEASURE_P99,        /* same */
    MEASURE_P999,       /* same */
    MEASURE_P9999,      /* same */
    MEASURE_MAX,        /* same */
    MEASURE_PREEMPTED,  /* long calls in which the measured thread itself lost its CPU */
    MEASURE_LARGEST,    /* share of the free pages that can be had in the largest runs */
    MEASURE_ZERO,       /* a request for a page of zeros where there is a clean one, ns */
    MEASURE_PLAIN,      /* the same without zeros */
    MEASURE_EXTRA,      /* the one less the other */
    MEASURE_MISSED,     /* of those for zeros, that found no clean page */
    MEASURE_DISTINCT,   /* different buffers among those that were got */
    MEASURE_LRU_MISSES, /* gets of a buffer that was not in an LRU cache, over all */
    MEASURE_LINES,      /* cache lines of packets that came from another lcore, for each buffer */
    MEASURE_STEALS,     /* from other lcores' deques, in a thousand buffers */
    MEASURE_PUBLISHES,  /* puts that made buffers public, in a thousand */
    MEASURE_REVOKES,    /* of private parts, in a million buffers */
    MEASURE_FAILS,      /* gets that found nothing */
    MEASURES
};

/* Sets of measures. */
#define MEASURE_BIT(measure) (1u << (measure))

struct measure_info {
    const char *key;   /* in JSON */
    const char *title; /* of a column */
    const char *unit;  /* after "in" */
    bool less_is_better;
};

const struct measure_info *measure_info(enum measure measure);

#endif
