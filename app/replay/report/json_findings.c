/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "report/json_findings.h"

#include <math.h>

/* JSON knows no infinity. */
json_t *json_findings_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_findings_spread(struct spread spread)
{
    json_t *object = json_object();

    json_object_set_new(object, "median", json_findings_number(spread.median));
    json_object_set_new(object, "min", json_findings_number(spread.min));
    json_object_set_new(object, "max", json_findings_number(spread.max));
    return object;
}

static json_t *quantiles_object(const struct quantiles *q)
{
    json_t *object = json_object();

    json_object_set_new(object, "samples", json_integer((json_int_t)q->n));
    json_object_set_new(object, "p50", json_real(q->p50));
    json_object_set_new(object, "p90", json_real(q->p90));
    json_object_set_new(object, "p99", json_real(q->p99));
    json_object_set_new(object, "p999", json_real(q->p999));
    json_object_set_new(object, "p9999", json_real(q->p9999));
    json_object_set_new(object, "max", json_real(q->max));
    return object;
}

/* One array for each figure, so that a column can be plotted as it stands. */
static json_t *series_object(const struct series *series)
{
    static const char *const names[] = {"t_s", "mpps", "gbps", "latency_mean_ns", "latency_max_ns"};
    json_t *object = json_object(), *occupancy = json_array();
    json_t *columns[sizeof(names) / sizeof(names[0])];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        columns[i] = json_array();
        json_object_set_new(object, names[i], columns[i]);
    }
    for (unsigned i = 0; i < series->lcores; i++)
        json_array_append_new(occupancy, json_array());
    for (unsigned i = 0; i < series->n; i++) {
        const struct point *point = &series->points[i];
        const double values[] = {point->seconds, point->mpps, point->gbps, point->latency_mean_ns,
                                 point->latency_max_ns};

        for (size_t j = 0; j < sizeof(values) / sizeof(values[0]); j++)
            json_array_append_new(columns[j], json_findings_number(values[j]));
        for (unsigned j = 0; j < series->lcores; j++)
            json_array_append_new(json_array_get(occupancy, j), json_integer(point->outside[j]));
    }
    json_object_set_new(object, "occupancy", occupancy);
    return object;
}

void json_findings(json_t *object, const struct run_result *result)
{
    const struct findings *f = &result->findings;

    json_object_set_new(object, "steals",
                        f->has_steals ? json_integer((json_int_t)f->steals) : json_null());
    if (!result->port.used) {
        json_object_set_new(object, "occupancy_mean", json_real(f->occupancy_mean));
        json_object_set_new(object, "occupancy_high", json_integer((json_int_t)f->occupancy_high));
    }
    json_object_set_new(object, "get_cycles", quantiles_object(&f->get));
    json_object_set_new(object, "put_cycles", quantiles_object(&f->put));
    json_object_set_new(object, "latency_ns", quantiles_object(&f->latency));
    if (result->series != NULL)
        json_object_set_new(object, "series", series_object(result->series));
}
