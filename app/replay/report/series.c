/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report/series.h"

#include <stdlib.h>

struct series *series_open(unsigned lcores)
{
    struct series *series = calloc(1, sizeof(*series));

    if (series != NULL) {
        series->lcores = lcores;
        series->merged = 1;
    }
    return series;
}

/* Adds a later point to one that stands for `weight` intervals. */
static void merge(struct point *into, const struct point *from, unsigned weight)
{
    double w = weight;

    into->mpps = (into->mpps * w + from->mpps) / (w + 1);
    into->gbps = (into->gbps * w + from->gbps) / (w + 1);
    into->latency_mean_ns = (into->latency_mean_ns * w + from->latency_mean_ns) / (w + 1);
    if (from->latency_max_ns > into->latency_max_ns)
        into->latency_max_ns = from->latency_max_ns;
    into->seconds = from->seconds;
    for (unsigned i = 0; i < SERIES_LCORES; i++)
        into->outside[i] = from->outside[i];
}

static void halve(struct series *series)
{
    for (unsigned i = 0; i < series->n / 2; i++) {
        series->points[i] = series->points[2 * i];
        merge(&series->points[i], &series->points[2 * i + 1], 1);
    }
    series->n /= 2;
    series->merged *= 2;
}

void series_add(struct series *series, const struct point *point)
{
    if (series->pending == 0)
        series->points[series->n] = *point;
    else
        merge(&series->points[series->n], point, series->pending);
    if (++series->pending < series->merged)
        return;
    series->pending = 0;
    if (++series->n == SERIES_MAX)
        halve(series);
}
