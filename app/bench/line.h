/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include "statistics.h"

#include <jansson.h>
#include <stdbool.h>

/* The time in which a cache line goes from one CPU to another and back: two lcores write to a word
 * in turns. On a virtual machine it may be four times as long at one time as at another, with the
 * same processor: figures of two lcores are comparable only where it is the same. */

struct line_trip {
    bool is_known;
    struct spread cycles; /* of the counter, at its own rate */
};

/* Between two lcores that do nothing, on CPUs of their own. Unknown where they hardly ever run at
 * the same time. */
struct line_trip line_measure(const unsigned lcores[2]);

/* The same between the first two that there are; unknown where there is but one. */
struct line_trip line_measure_any(void);

double line_ns(double cycles);

/* null: unknown. */
json_t *line_object(const struct line_trip *trip);

#endif
