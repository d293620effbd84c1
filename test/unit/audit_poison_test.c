/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_audit_poison.h>

static void any_byte_that_changes_is_found(void **state)
{
    unsigned char bytes[300];

    for (size_t n = 0; n <= sizeof(bytes); n += n < 20 ? 1 : 40) {
        memset(bytes, 1, sizeof(bytes));
        lab_audit_poison(bytes, n);
        assert_int_equal(lab_audit_poison_end(bytes, n), n);
        assert_true(n == sizeof(bytes) || bytes[n] == 1);
        for (size_t i = 0; i < n; i++) {
            bytes[i] ^= 0x80;
            assert_int_equal(lab_audit_poison_end(bytes, n), i);
            bytes[n - 1] = 0;
            assert_int_equal(lab_audit_poison_end(bytes, n), i);
            lab_audit_poison(bytes, n);
        }
    }
}

static void other_bytes_alike_are_no_poison(void **state)
{
    unsigned char bytes[64] = {0};

    assert_int_equal(lab_audit_poison_end(bytes, sizeof(bytes)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_that_changes_is_found),
        cmocka_unit_test(other_bytes_alike_are_no_poison),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
