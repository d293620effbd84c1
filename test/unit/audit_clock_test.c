/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"

#include <lab_os.h>

/* A new level counts after a tenth of a second, also where the thread that sets it loses its CPU
 * between two readings of a clock: here, for a while after every third. */

enum { LOST_NS = 30000000 };

static bool loses;
static unsigned readings;

uint64_t __real_lab_os_clock_ns(void);
uint64_t __wrap_lab_os_clock_ns(void);

uint64_t __wrap_lab_os_clock_ns(void)
{
    uint64_t now = __real_lab_os_clock_ns();

    if (loses && ++readings % 3 == 0)
        while (__real_lab_os_clock_ns() - now < LOST_NS)
            ;
    return now;
}

static uint64_t ticks_of(uint64_t ns)
{
    uint64_t begin_ns = __real_lab_os_clock_ns(), begin = lab_ticks();

    while (__real_lab_os_clock_ns() - begin_ns < ns)
        ;
    return lab_ticks() - begin;
}

static void level_counts_soon(void **state)
{
    for (unsigned first = 0; first < 3; first++) {
        struct lab_pool_options options = plain_options(BUFFERS, 100);
        struct rig rig;
        uint64_t left;

        options.audit.records = true;
        rig_make(&rig, &options);
        readings = first;
        loses = true;
        assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_FULL), 0);
        loses = false;
        left =
            lab_load_relaxed(&lab_intercept_of(rig.pool)->audit->table->settled_at) - lab_ticks();
        assert_true((int64_t)left < (int64_t)(10 * ticks_of(50000000)));
        rig_unmake(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_counts_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
