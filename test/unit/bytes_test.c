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

enum { WORDS = 100, AROUND = 3 };

static void moves_as_many_words_as_wanted_and_no_more(void **state)
{
    void *from[WORDS + AROUND], *to[WORDS + 2 * AROUND];
    lab_atomic_t shared[WORDS + 2 * AROUND];

    for (unsigned n = 0; n <= WORDS; n++)
        for (unsigned at = 1; at <= AROUND; at++) {
            for (unsigned i = 0; i < WORDS + AROUND; i++)
                from[i] = &from[i];
            for (unsigned i = 0; i < WORDS + 2 * AROUND; i++) {
                to[i] = NULL;
                lab_store_relaxed(&shared[i], 0);
            }
            lab_words_store(&shared[at], from + at - 1, n);
            lab_words_load(to + AROUND - at + 1, &shared[at], n);

            for (unsigned i = 0; i < WORDS + 2 * AROUND; i++) {
                bool is_stored = i >= at && i < at + n;
                bool is_loaded = i + at > AROUND && i + at <= AROUND + n;
                void *stored = (void *)(uintptr_t)lab_load_relaxed(&shared[i]);

                assert_ptr_equal(stored, is_stored ? &from[i - 1] : NULL);
                assert_ptr_equal(to[i], is_loaded ? &from[i + 2 * at - AROUND - 2] : NULL);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_comparison_byte_by_byte),
        cmocka_unit_test(moves_as_many_words_as_wanted_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
