/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_index.h>

static void within_it_is_itself_beyond_it_is_0(void **state)
{
    static const uint64_t counts[] = {1, 2, 7, 8, 1u << 28, UINT64_C(1) << 40, UINT64_C(1) << 63};

    for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        uint64_t n = counts[i];
        const uint64_t within[] = {0, n / 2, n - 1}, beyond[] = {n, n + 1, 2 * n - 1, UINT64_MAX};

        for (unsigned j = 0; j < 3; j++)
            assert_true(lab_index_bounded(within[j], n) == within[j]);
        for (unsigned j = 0; j < 4; j++)
            assert_true(lab_index_bounded(beyond[j], n) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_it_is_itself_beyond_it_is_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
