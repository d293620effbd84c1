/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "histogram.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

#define VALUES 10000

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void test_empty(void **state)
{
    static const struct histogram histogram;

    assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
    assert_int_equal(histogram_quantile(&histogram, 1), 0);
}

/* Buckets follow each other without a gap, at every power of two and at both ends. */
static void test_buckets_are_in_order(void **state)
{
    assert_int_equal(histogram_bucket(0), 0);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    for (unsigned bit = 1; bit < 64; bit++) {
        uint64_t value = UINT64_C(1) << bit;
        unsigned below = histogram_bucket(value - 1), at = histogram_bucket(value);

        assert_int_equal(at, below + 1);
        assert_true(histogram_bucket(value + value / 2) < HISTOGRAM_BUCKETS);
    }
}

/* Any value comes back, at most one part in 128 larger. */
static void test_one_value(void **state)
{
    for (unsigned shift = 0; shift < 64; shift++) {
        uint64_t value = UINT64_C(0xdeadbeefcafef00d) >> shift;
        struct histogram *histogram = calloc(1, sizeof(*histogram));
        uint64_t found;

        histogram_add(histogram, value);
        histogram_add(histogram, UINT64_MAX); /* or the maximum would bound what is found */
        found = histogram_quantile(histogram, 0.5);
        assert_true(found >= value);
        assert_true(found - value <= value / 128);
        free(histogram);
    }
}

/* Against the sorted values themselves, over many orders of magnitude, as latencies are. */
static void test_quantiles(void **state)
{
    static const double shares[] = {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    static uint64_t values[VALUES];
    static struct histogram a, b;
    uint64_t random = 1;

    for (unsigned i = 0; i < VALUES; i++) {
        values[i] = random_next(&random) >> (20 + random_below(&random, 40));
        histogram_add(i % 2 ? &a : &b, values[i]);
    }
    histogram_merge(&a, &b);
    qsort(values, VALUES, sizeof(*values), compare);
    assert_int_equal(a.n, VALUES);
    assert_int_equal(a.max, values[VALUES - 1]);
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        unsigned rank = (unsigned)(shares[i] * VALUES + 0.999999);
        uint64_t exact = values[rank - 1], found = histogram_quantile(&a, shares[i]);

        assert_true(found >= exact);
        assert_true(found - exact <= exact / 128);
    }
    assert_int_equal(histogram_quantile(&a, 1), values[VALUES - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_buckets_are_in_order),
        cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_quantiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
