/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "statistics.h"

#include <math.h>

static void expect(struct spread found, double median, double min, double max)
{
    assert_true(found.median == median);
    assert_true(found.min == min);
    assert_true(found.max == max);
}

static void test_spread(void **state)
{
    expect(spread_of((double[]){7}, 1), 7, 7, 7);
    expect(spread_of((double[]){3, 1, 2}, 3), 2, 1, 3);
    expect(spread_of((double[]){4, 1, 3, 2}, 4), 2.5, 1, 4);
}

static void test_values_that_could_not_be_had(void **state)
{
    expect(spread_of((double[]){NAN, 3, NAN, 1, 2}, 5), 2, 1, 3);
    assert_true(isnan(spread_of((double[]){NAN, NAN}, 2).median));
}

/* A machine at half speed in one round changes nothing, as it would between two medians. */
static void test_ratios_are_paired(void **state)
{
    struct spread ratio;

    assert_true(spread_of_ratios((double[]){10, 5, 20}, (double[]){5, 2.5, 10}, 3, &ratio));
    expect(ratio, 2, 2, 2);
}

static void test_ratios_to_nothing(void **state)
{
    struct spread ratio = {1, 1, 1};

    assert_true(spread_of_ratios((double[]){1, 0, 1}, (double[]){0, 0, 2}, 3, &ratio));
    assert_true(isinf(ratio.max) && isinf(ratio.median) && ratio.min == 0.5);
    assert_false(spread_of_ratios((double[]){0, NAN}, (double[]){0, 1}, 2, &ratio));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_values_that_could_not_be_had),
        cmocka_unit_test(test_ratios_are_paired),
        cmocka_unit_test(test_ratios_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
