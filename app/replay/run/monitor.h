/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_MONITOR_H
#define REPLAY_MONITOR_H

#include "report/series.h"
#include "run/worker.h"

/* A thread that sleeps beside a run: it says how far it is on a terminal or with --stats, and keeps
 * the series for --json. A line for which stderr has no room, because nobody reads it, is left
 * out. */
struct monitor;

/* NULL when nobody wants to know, or no thread to be had for it, which is said: then without.
 * The series may be NULL. */
struct monitor *monitor_start(const struct run_shared *shared, struct worker workers[],
                              struct series *series);
void monitor_end(struct monitor *monitor);

#endif
