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

    /* Of where, lost and why. */
    bool watch;       /* again and again */
    double apart_s;   /* between two walks */
    unsigned mib_s;   /* of memory read in a second; 0: as fast as can be */
    const char *skip; /* memory that is not read; NULL: none */
    const char *pcap; /* a file for packets; NULL: none */
    unsigned packets; /* for that */
    unsigned group;   /* of which; 0: the lost ones */
};

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[]);

#endif
