/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "capture/capture.h"
#include "options.h"
#include "report/result.h"

#include <stdio.h>

/* The report on all runs, for a person and for a program. */
struct report {
    const struct options *options;
    const struct capture *capture;
    unsigned n_mbufs;
    const struct run_result *results; /* of each pool */
    unsigned n;

    /* The command line as it was given, when --find-size has found the smallest pool. */
    char *const *words; /* NULL: it has not, or was not asked to */
    int n_words;
};

/* Whether the reports can have their places, asked before the run rather than after an hour.
 * Touches nothing. 0 or -errno, and the reason has been said. */
int report_look(const struct options *options);

/* Writes what the options ask for. 0 or -errno, and the reason has been said. */
int report_write(const struct report *report);

/* Its parts. */

/* One block for each run, and a table beside one another when there are several. */
void report_print(FILE *out, const struct report *report);

/* One object, or an array of them when several pools were asked for. */
int report_json(const struct report *report);

/* Says what --find-size has found, and the command that uses it: the words of the command line,
 * with the size in the place of --find-size. */
void report_print_smallest(FILE *out, const struct report *report);

/* "same" */
const char *report_free_on(const struct options *options);

#endif
