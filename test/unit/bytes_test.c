/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_bytes.h>
#include <random.h>

static void is_a_comparison_byte_by_byte(void **state)
{
    _Alignas(LAB_BYTES_GROUP) lab_byte_t group[LAB_BYTES_GROUP];
    static const unsigned leasts[] = {1, 2, 5, 6, 64, 126, 127};
    uint64_t random = 7;

    for (int round = 0; round < 5000; round++) {
        unsigned most = random_below(&random, 2) ? 8 : 128;

        for (unsigned i = 0; i < LAB_BYTES_GROUP; i++) {
            unsigned flag = random_below(&random, 3) == 0 ? LAB_BYTES_FLAG : 0;

            lab_byte_store_relaxed(&group[i], (uint8_t)(random_below(&random, most) | flag));
        }
        for (unsigned k = 0; k < sizeof(leasts) / sizeof(*leasts); k++)
            for (unsigned flagged = 0; flagged < 2; flagged++) {
                uint32_t found = lab_bytes_at_least(group, leasts[k], flagged);

                for (unsigned i = 0; i < LAB_BYTES_GROUP; i++) {
                    uint8_t byte = lab_byte_load_relaxed(&group[i]);
                    bool wanted = (byte & ~LAB_BYTES_FLAG) >= leasts[k] &&
                                  (flagged || !(byte & LAB_BYTES_FLAG));

                    assert_int_equal(found >> i & 1, wanted);
                }
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_comparison_byte_by_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
