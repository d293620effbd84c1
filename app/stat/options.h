/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_OPTIONS_H
#define STAT_OPTIONS_H

#include "option.h"
#include "place.h"

/* The command line, checked: what each option means stands in options.c, as its help. */
struct options {
    struct place place;
    const char *verb; /* "list" and so on: one of those that --help names */
    const char *name; /* NULL: none */
    const char *word; /* behind it; NULL: none */
    bool json;
    double interval_s;
    unsigned count; /* refreshes; 0: until interrupted */
};

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[]);

#endif
