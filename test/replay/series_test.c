/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "report/series.h"

#include <stdlib.h>

/* A series stays short, and its means stay right, however long the run. */

static struct series *filled(unsigned n)
{
    struct series *series = series_open(2);

    assert_non_null(series);
    for (unsigned i = 0; i < n; i++) {
        struct point point = {
            .seconds = i + 1,
            .mpps = i % 2 == 0 ? 1 : 3,
            .latency_max_ns = i == 5 ? 1000 : 1,
            .outside = {i},
        };

        series_add(series, &point);
    }
    return series;
}

static void test_a_point_for_each_interval(void **state)
{
    struct series *series = filled(10);

    assert_int_equal(series->n, 10);
    assert_true(series->points[9].seconds == 10);
    assert_true(series->points[5].latency_max_ns == 1000);
    free(series);
}

static void test_a_long_run_is_merged(void **state)
{
    struct series *series = filled(100 * SERIES_MAX);

    assert_in_range(series->n, SERIES_MAX / 2, SERIES_MAX);
    for (unsigned i = 0; i < series->n; i++) {
        assert_true(series->points[i].mpps > 1.99 && series->points[i].mpps < 2.01);
        assert_true(i == 0 || series->points[i].seconds > series->points[i - 1].seconds);
        assert_true(series->points[i].outside[0] + 1 == series->points[i].seconds);
    }
    assert_true(series->points[0].latency_max_ns == 1000);
    free(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_point_for_each_interval),
        cmocka_unit_test(test_a_long_run_is_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
