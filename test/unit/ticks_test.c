/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_os.h>
#include <lab_ticks.h>

static void ticks_run_at_a_steady_rate(void **state)
{
    double least[2], most[2]; /* ticks in a nanosecond */

    /* A thread may be put aside between two readings: one clock is read before and after the other,
     * so that the bounds hold however long it was away. */
    for (int i = 0; i < 2; i++) {
        uint64_t before = lab_os_clock_ns(), ticks = lab_ticks(), after = lab_os_clock_ns();
        uint64_t end_before, end_after;

        usleep(20000);
        end_before = lab_os_clock_ns();
        ticks = lab_ticks() - ticks;
        end_after = lab_os_clock_ns();
        least[i] = (double)ticks / (double)(end_after - before);
        most[i] = (double)ticks / (double)(end_before - after);
    }
    assert_true(least[0] > 0 && least[1] > 0);
    assert_true(least[0] < 2 * most[1] && least[1] < 2 * most[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_run_at_a_steady_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
