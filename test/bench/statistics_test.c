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

static void test_quartiles(void **state)
{
    struct spread five = spread_of((double[]){5, 1, 4, 2, 3}, 5);
    struct spread two = spread_of((double[]){1, 3}, 2), one = spread_of((double[]){7}, 1);

    assert_true(five.q1 == 2 && five.q3 == 4);
    assert_true(two.q1 == 1.5 && two.q3 == 2.5);
    assert_true(one.q1 == 7 && one.q3 == 7);
}

static void test_more_values_than_rounds(void **state)
{
    static double values[100001];

    for (unsigned i = 0; i < 100001; i++)
        values[i] = (i * 7919u) % 100001;
    expect(spread_of(values, 100001), 50000, 0, 100000);
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
    struct spread ratio = {0};

    assert_true(spread_of_ratios((double[]){1, 0, 1}, (double[]){0, 0, 2}, 3, &ratio));
    assert_true(isinf(ratio.max) && isinf(ratio.median) && ratio.min == 0.5);
    assert_false(spread_of_ratios((double[]){0, NAN}, (double[]){0, 1}, 2, &ratio));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_quartiles),
        cmocka_unit_test(test_more_values_than_rounds),
        cmocka_unit_test(test_values_that_could_not_be_had),
        cmocka_unit_test(test_ratios_are_paired),
        cmocka_unit_test(test_ratios_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
