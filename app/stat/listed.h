/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_LISTED_H
#define STAT_LISTED_H

#include <jansson.h>

/* Older telemetry has no arrays of objects: a list is an object of objects there, each under a name
 * or a number. For programs and people it is an array. */

/* The rows of an object of objects, as an array: each with its key in front, as `title`. */
json_t *listed_rows(const char *title, json_t *objects);

/* A copy of an answer in which each such list is an array: of lcores each with its "lcore", of
 * others with its "name". */
json_t *listed(json_t *answer);

#endif
