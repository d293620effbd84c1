/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_PATTERN_H
#define BENCH_PATTERN_H

#include "measure.h"
#include "turn.h"

#include <stdbool.h>

/* Values to try, one after the other. */
#define LIST_MAX 8

struct list {
    unsigned n;
    unsigned values[LIST_MAX];
};

#define LIST(...)                                                                                  \
    {                                                                                              \
        .n = sizeof((unsigned[]){__VA_ARGS__}) / sizeof(unsigned), .values = { __VA_ARGS__ }       \
    }

/* A way in which programs use a pool. To add one, write an entry of this kind and name it in
 * patterns.c; everything else follows from it. */
struct pattern {
    const char *name;
    const char *shows;     /* in a sentence */
    const char *operation; /* what is counted, in the plural: "buffers got and put back" */

    /* What it is measured with, unless the command line says something else. */
    struct list bulk;
    struct list cache;
    struct list lcores;
    struct list bufs;
    unsigned held; /* buffers that an lcore holds at the most; 0: one bulk */

    bool native;         /* library and general allocators take part, too */
    bool touched;        /* the lcores write and read the buffers, which then are mbufs */
    bool single;         /* one at a time, whatever --bulk says */
    bool crowded;        /* all lcores on two CPUs, more than these can run; else one on each */
    unsigned least;      /* lcores that it takes at the least; 0: one */
    unsigned multiple;   /* and a multiple of which number; 0: any */
    unsigned measures;   /* beside the speed: MEASURE_BITs */
    enum measure ranked; /* the one that the pools are compared by */

    /* Before a turn and after it; either may be missing. `set_up` returns 0 or -errno, and may keep
     * something in turn->state; `collect` sees it for the last time and fills in the measures
     * beside the speed, or NAN for what could not be had. */
    int (*set_up)(struct turn *turn);
    void (*collect)(struct turn *turn, double ret_values[MEASURES]);

    /* On every lcore of the turn: works until turn_is_over(), gives back all that it holds, and
     * returns its number of operations. */
    uint64_t (*work)(struct worker *worker);

    /* On the main lcore while the others work; returns when the turn is to end. Missing: sleeps
     * as long as the turn lasts. */
    void (*conduct)(struct turn *turn);
};

extern const struct pattern *const patterns[];
extern const unsigned n_patterns;

/* NULL when there is none; complain_pattern() then says which there are. */
const struct pattern *pattern_named(const char *name);
void complain_pattern(const char *name);

/* One sentence each, on stdout. */
void patterns_print(void);

#endif
