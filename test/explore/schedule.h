/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "explore.h"

/* Runs one execution, the one that choice.c is at; true if nothing was wrong. */
bool schedule_execution(const struct explore_program *program, bool trace);

/* The fault of the last execution that failed. */
const char *schedule_reason(void);

/* True if an execution called explore_witness() since this was last asked. */
bool schedule_witnessed(void);

#endif
