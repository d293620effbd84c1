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

/* Whether lcores share CPUs. */
enum crowd {
    CROWD_NEVER,  /* each lcore has a CPU of its own */
    CROWD_ALWAYS, /* all lcores on two CPUs */
    CROWD_NEEDED, /* the latter, when there are fewer CPUs than lcores */
};

/* A way in which programs use a pool. To add one, write an entry of this kind and name it in
 * patterns.c; everything else follows from it. */
struct pattern {
    const char *name;
    const char *shows;     /* in a sentence */
    const char *operation; /* what is counted, in the plural: "buffers got and put back" */

    /* The measurement's values, unless the command line says something else. */
    struct list bulk;
    struct list cache;
    struct list lcores;
    struct list bufs;
    struct list occupancy; /* n is 0: nothing is held before */
    struct list lru_bytes; /* n is 0: there is no such cache */
    bool bufs_each;        /* `bufs` are of each lcore */
    unsigned held;         /* buffers that an lcore holds at the most; 0: one bulk */

    unsigned
        chunk_us; /* turns are chunks of this length, where no lcores share a CPU; 0: long turns */

    unsigned takes; /* who takes part: CONTENDER_BITs; 0: mempools */
    bool touched;   /* the lcores write and read the buffers, which then are mbufs */
    bool single;    /* one at a time, whatever --bulk says */
    bool pages;     /* of pages: those asked for are of these orders */
    unsigned mix;   /* see mix.h */
    enum crowd crowd;
    unsigned least;      /* lcores that it takes at the least; 0: one */
    unsigned most;       /* and at the most; 0: any number */
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

    /* Instead of all these, in one thread: counts without taking time, fills in the measures, and
     * returns 0 or -errno. `traffic` is for that: see emulate.h. */
    int (*count)(const struct turn *turn, double ret_values[MEASURES]);
    unsigned traffic;

    /* On the main lcore while the others work; returns when the turn is to end. Missing: sleeps
     * as long as the turn lasts. */
    void (*conduct)(struct turn *turn);
};

static inline bool pattern_takes(const struct pattern *pattern, enum contender_kind kind)
{
    unsigned takes = pattern->takes != 0 ? pattern->takes : CONTENDER_BIT(CONTENDER_MEMPOOL);

    return (takes & CONTENDER_BIT(kind)) != 0;
}

/* Whether it reports this one. */
static inline bool pattern_has(const struct pattern *pattern, enum measure measure)
{
    if (measure == MEASURE_MOPS)
        return pattern->count == NULL;
    return (pattern->measures & MEASURE_BIT(measure)) != 0;
}

extern const struct pattern *const patterns[];
extern const unsigned n_patterns;

/* Appends those of this name, or that a shell's pattern (page-*) is for, save those that are among
 * the `n` already; returns how many there are then. `list` has room for n_patterns. When the name
 * is for none, complain_pattern() says which there are. */
unsigned patterns_named(const char *name, const struct pattern *list[], unsigned n,
                        bool *ret_found);
void complain_pattern(const char *name);

/* One sentence each, on stdout. */
void patterns_print(void);

#endif
