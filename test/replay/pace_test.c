/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "pace.h"

#define SECOND_NS 1000000000u

/* The schedule is computed from the start, so it is exact however far away that is. */

static void test_topspeed_is_always_due(void **state)
{
    struct pace pace = {.kind = PACE_TOPSPEED};

    assert_int_equal(pace_due_ns(&pace, 1000000, 7, SECOND_NS, SECOND_NS), 0);
}

static void test_pps_does_not_drift(void **state)
{
    struct pace pace = {.kind = PACE_PPS, .rate = 3};

    assert_int_equal(pace_due_ns(&pace, 0, 0, 0, 0), 0);
    assert_int_equal(pace_due_ns(&pace, 3, 0, 0, 0), SECOND_NS);
    /* A day: a third of a nanosecond lost on each frame would be 86 microseconds. */
    assert_int_equal(pace_due_ns(&pace, UINT64_C(3) * 86400, 0, 0, 0), UINT64_C(86400) * SECOND_NS);
}

static void test_multiplier_scales_and_loops_follow_each_other(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 4};

    assert_int_equal(pace_due_ns(&pace, 9, 0, SECOND_NS, SECOND_NS / 2), SECOND_NS / 8);
    assert_int_equal(pace_due_ns(&pace, 9, 2, SECOND_NS, SECOND_NS / 2), SECOND_NS / 8 * 5);
}

static void test_a_rate_near_zero_is_never_due(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 1e-320};

    assert_int_equal(pace_due_ns(&pace, 1, 0, SECOND_NS, SECOND_NS), UINT64_MAX);
    pace.kind = PACE_PPS;
    assert_int_equal(pace_due_ns(&pace, 1, 0, SECOND_NS, SECOND_NS), UINT64_MAX);
    assert_int_equal(pace_due_ns(&pace, 0, 0, SECOND_NS, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topspeed_is_always_due),
        cmocka_unit_test(test_pps_does_not_drift),
        cmocka_unit_test(test_multiplier_scales_and_loops_follow_each_other),
        cmocka_unit_test(test_a_rate_near_zero_is_never_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
