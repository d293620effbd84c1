/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/pace.h"
#include "cmocka_first.h"

#define SECOND_NS 1000000000u

/* The schedule is computed from the start, so it is exact however far away that is. */

static void assert_ns(double found, double expected)
{
    assert_true(found > expected - 1 && found < expected + 1);
}

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

static void test_pps_together(void **state)
{
    struct pace pace = {.kind = PACE_PPS, .rate = 10, .together = 5};

    assert_int_equal(pace_due_ns(&pace, 4, 0, 0, 0), 0);
    assert_int_equal(pace_due_ns(&pace, 5, 0, 0, 0), SECOND_NS / 2);
    assert_int_equal(pace_due_ns(&pace, 9, 0, 0, 0), SECOND_NS / 2);
}

static void test_pps_waits_no_longer_than(void **state)
{
    struct pace pace = {.kind = PACE_PPS, .rate = 10, .longest_ns = SECOND_NS / 100};

    assert_int_equal(pace_due_ns(&pace, 7, 0, 0, 0), SECOND_NS / 100 * 7);
    pace.longest_ns = SECOND_NS;
    assert_int_equal(pace_due_ns(&pace, 7, 0, 0, 0), SECOND_NS / 10 * 7);
}

static void test_multiplier_scales(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 4};
    struct pace_plan plan;

    pace_plan_start(&plan, &pace);
    assert_ns(pace_plan_next(&plan, 0, 60), 0);
    assert_ns(pace_plan_next(&plan, SECOND_NS / 2, 60), SECOND_NS / 8);
    assert_ns(pace_plan_next(&plan, SECOND_NS, 60), SECOND_NS / 4);
    assert_ns(pace_plan_pass_ns(&plan), SECOND_NS / 4);
}

static void test_mbps_counts_bytes(void **state)
{
    struct pace pace = {.kind = PACE_MBPS, .rate = 8};
    struct pace_plan plan;

    pace_plan_start(&plan, &pace);
    assert_ns(pace_plan_next(&plan, 0, 1000000), 0);
    assert_ns(pace_plan_next(&plan, 17, 500000), SECOND_NS);
    assert_ns(pace_plan_pass_ns(&plan), SECOND_NS * 1.5);
}

static void test_a_wait_cut_moves_all_that_follows(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 1, .longest_ns = 100};
    struct pace_plan plan;

    pace_plan_start(&plan, &pace);
    assert_ns(pace_plan_next(&plan, 0, 60), 0);
    assert_ns(pace_plan_next(&plan, 50, 60), 50);
    assert_ns(pace_plan_next(&plan, SECOND_NS, 60), 150);
    assert_ns(pace_plan_next(&plan, SECOND_NS + 70, 60), 220);
    assert_ns(pace_plan_pass_ns(&plan), 220);
}

static void test_passes_follow_each_other(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 4};

    assert_int_equal(pace_due_ns(&pace, 9, 2, SECOND_NS, SECOND_NS / 8),
                     SECOND_NS * 2 + SECOND_NS / 8);
    /* A pass of a third of a nanosecond, a billion times. */
    assert_ns((double)pace_due_ns(&pace, 9, 3 * SECOND_NS, 1 / 3.0, 0), SECOND_NS);
}

static void test_a_wait_between_passes(void **state)
{
    struct pace pace = {.kind = PACE_PPS, .rate = 10, .loop_delay_ns = SECOND_NS};

    assert_int_equal(pace_due_ns(&pace, 10, 0, 0, 0), SECOND_NS);
    assert_int_equal(pace_due_ns(&pace, 10, 2, 0, 0), 3 * (uint64_t)SECOND_NS);
    pace.kind = PACE_MBPS;
    assert_int_equal(pace_due_ns(&pace, 9, 3, SECOND_NS, 5), 6 * (uint64_t)SECOND_NS + 5);
}

static void test_a_rate_near_zero_is_never_due(void **state)
{
    struct pace pace = {.kind = PACE_MULTIPLIER, .rate = 1e-320};
    struct pace_plan plan;

    pace_plan_start(&plan, &pace);
    assert_int_equal(pace_whole_ns(pace_plan_next(&plan, 0, 60)), 0);
    assert_int_equal(pace_whole_ns(pace_plan_next(&plan, SECOND_NS, 60)), UINT64_MAX);
    assert_int_equal(pace_due_ns(&pace, 1, 1, pace_plan_pass_ns(&plan), 0), UINT64_MAX);
    assert_int_equal(pace_due_ns(&pace, 0, 0, pace_plan_pass_ns(&plan), 0), 0);
    pace.kind = PACE_PPS;
    assert_int_equal(pace_due_ns(&pace, 1, 0, 0, 0), UINT64_MAX);
    assert_int_equal(pace_due_ns(&pace, 0, 0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topspeed_is_always_due),
        cmocka_unit_test(test_pps_does_not_drift),
        cmocka_unit_test(test_pps_together),
        cmocka_unit_test(test_pps_waits_no_longer_than),
        cmocka_unit_test(test_multiplier_scales),
        cmocka_unit_test(test_mbps_counts_bytes),
        cmocka_unit_test(test_a_wait_cut_moves_all_that_follows),
        cmocka_unit_test(test_passes_follow_each_other),
        cmocka_unit_test(test_a_wait_between_passes),
        cmocka_unit_test(test_a_rate_near_zero_is_never_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
