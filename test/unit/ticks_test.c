/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_os.h>
#include <lab_ticks.h>

static void ticks_run_at_a_steady_rate(void **state)
{
    double ticks_per_ns[2];

    for (int i = 0; i < 2; i++) {
        uint64_t ns = lab_os_clock_ns(), ticks = lab_ticks();

        usleep(20000);
        ticks_per_ns[i] = (double)(lab_ticks() - ticks) / (double)(lab_os_clock_ns() - ns);
    }
    assert_true(ticks_per_ns[0] > 0);
    /* A thread may be put aside between the two clocks. */
    assert_true(ticks_per_ns[0] / ticks_per_ns[1] > 0.5);
    assert_true(ticks_per_ns[0] / ticks_per_ns[1] < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_run_at_a_steady_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
