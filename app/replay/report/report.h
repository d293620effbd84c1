/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "capture/capture.h"
#include "options.h"
#include "run/run.h"

#include <stdio.h>

/* What a run did, for a person and for a program. */

/* One block for each run, and a table beside one another when there are several. */
void report_print(FILE *out, const struct options *options, const struct capture *capture,
                  unsigned n_mbufs, const struct run_result results[], unsigned n);

/* Whether the report can have its place, asked before the run rather than after an hour. Touches
 * nothing. 0 or -errno, and the reason has been said. */
int report_json_look(const struct options *options);

/* One object, or an array of them when several pools were asked for. 0 or -errno, and the reason
 * has been said. */
int report_json(const struct options *options, const struct capture *capture, unsigned n_mbufs,
                const struct run_result results[], unsigned n);

/* "same" */
const char *report_free_on(const struct options *options);

double report_mpps(const struct run_result *result);
double report_gbps(const struct run_result *result);

/* The part of the rate that was asked for which was reached, of a run at a pace. False where that
 * cannot be told: no frame was due later than at once. */
bool report_reached(const struct run_result *result, double *ret_part);

#endif
