/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_SHOW_H
#define STAT_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* Prints any answer of telemetry's (listed.h) for people: single values as a list of keys and
 * values, arrays of objects as a table. A driver's additions to its answers need no change here. */
void show(FILE *out, json_t *answer);

#endif
