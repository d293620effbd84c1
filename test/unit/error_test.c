/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_error.h>
#include <string.h>

static void fills_in_code_and_sentence(void **state)
{
    struct lab_error error = {0};

    assert_int_equal(lab_error_set(&error, -ENOMEM, "needs %d pages", 21), -ENOMEM);
    assert_int_equal(error.code, -ENOMEM);
    assert_string_equal(error.message, "needs 21 pages");
}

static void does_without_an_error(void **state)
{
    assert_int_equal(lab_error_set(NULL, -EINVAL, "%s", "nobody listens"), -EINVAL);
}

static void cuts_a_long_sentence(void **state)
{
    struct {
        struct lab_error error;
        char guard;
    } box = {.guard = 'g'};

    assert_int_equal(lab_error_set(&box.error, -EIO, "%0512d", 7), -EIO);
    assert_int_equal(strlen(box.error.message), sizeof(box.error.message) - 1);
    assert_int_equal(box.guard, 'g');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_code_and_sentence),
        cmocka_unit_test(does_without_an_error),
        cmocka_unit_test(cuts_a_long_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
