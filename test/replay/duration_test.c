/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "duration.h"

/* A time is written in the unit in which it is read most easily. */

static void test_units(void **state)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {
        {0, "0 ns"},         {0.5, "0.5 ns"},    {999, "999 ns"},
        {999.6, "1 us"},     {12345, "12.3 us"}, {999600, "1 ms"},
        {3.04e6, "3.04 ms"}, {61.2e9, "61.2 s"}, {7.2e12, "7200 s"},
    };
    char text[DURATION_BYTES];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(duration_format(cases[i].ns, text), cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
