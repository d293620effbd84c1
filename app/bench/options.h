/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "contender.h"
#include "option.h"
#include "pattern.h"

#include <stdbool.h>

#define OPTIONS_MAX_PATTERNS 64

/* The command line, checked: what each option means stands in options.c, as its help. */
struct options {
    struct eal_words eal;
    const struct pattern *patterns[OPTIONS_MAX_PATTERNS];
    unsigned n_patterns;
    const char *pools[CONTENDERS_MAX];
    unsigned n_pools;
    bool pools_given; /* then one that does not exist is an error; otherwise it is left out */

    unsigned rounds;
    unsigned slot_ms;
    unsigned slot_us; /* 0: what the pattern says */
    struct list bulk; /* n is 0: what the pattern says, in all of these */
    struct list bufs;
    struct list cache;
    struct list lcores;
    struct list occupancy;
    struct list lru_bytes;
    unsigned held;
    unsigned drift;

    const char *json; /* NULL: none */
    bool quiet;
};

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[]);

#endif
