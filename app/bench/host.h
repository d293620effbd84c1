/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include "line.h"

#include <jansson.h>
#include <stdio.h>

/* The machine and the moment: what somebody has to know who compares these figures with others. To
 * be called while the EAL runs. */
json_t *host_object(void);

/* The same in two lines, and the round trip of a cache line. */
void host_print(FILE *out, const struct line_trip *line);

#endif
