/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "audit_rig.h"
#include <lab_audit_quarantine.h>

static void objects_come_out_in_the_order_in_which_they_went_in(void **state)
{
    struct lab_audit *audit =
        audit_make(20, &(struct lab_audit_options){.level = LAB_AUDIT_FULL, .quarantine = 5});

    assert_int_equal(lab_audit_quarantined(audit), 0);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(lab_audit_delay(audit, i), LAB_AUDIT_NONE);
        assert_int_equal(lab_audit_quarantined(audit), i + 1);
    }
    for (uint32_t i = 5; i < 20; i++)
        assert_int_equal(lab_audit_delay(audit, i), i - 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(lab_audit_exchange(audit, i, LAB_AUDIT_NONE), 15 + i);
    assert_int_equal(lab_audit_quarantined(audit), 0);
    free(audit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_come_out_in_the_order_in_which_they_went_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
