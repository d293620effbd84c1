/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_SHOW_H
#define STAT_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints any answer of telemetry's for people: single values as a list of keys and values, objects
 * that look alike as a table. A driver's additions to its answers need no change here. */
void show(FILE *out, json_t *answer);

/* The rows of an object of objects, as an array: each with its key in front, as `title`. */
json_t *show_rows(const char *title, json_t *objects);

#endif
