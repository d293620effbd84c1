/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WATCH_H
#define REPLAY_WATCH_H

#include "worker.h"

/* A thread that sleeps beside a run: it ends the run when --duration is over, and on a terminal
 * shows every second how far it is. */
struct watch;

/* NULL when there is nothing to watch, or no thread to be had for it: then without. */
struct watch *watch_start(const struct run_shared *shared, struct worker workers[]);
void watch_end(struct watch *watch);

#endif
