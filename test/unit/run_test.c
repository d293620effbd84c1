/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_run.h>
#include <random.h>

/* Against the definition, place by place. */

static bool is_free_run(uint32_t free, unsigned place, unsigned order)
{
    if (place % (1u << order) != 0)
        return false;
    for (unsigned i = place; i < place + (1u << order); i++)
        if (i >= 32 || !(free >> i & 1))
            return false;
    return true;
}

static void expect_as_defined(uint32_t free)
{
    uint32_t counts[LAB_RUN_ORDERS] = {0}, total = 0;
    unsigned largest = 0;

    for (unsigned order = 0; order < LAB_RUN_ORDERS; order++) {
        uint32_t starts = lab_run_starts(free, order);

        for (unsigned place = 0; place < 32; place++)
            assert_int_equal(starts >> place & 1, is_free_run(free, place, order));
        if (starts != 0)
            largest = order;
    }
    if (free != 0)
        assert_int_equal(lab_run_largest(free), largest);
    lab_run_count(free, counts);
    for (unsigned order = 0; order < LAB_RUN_ORDERS; order++)
        total += counts[order] << order;
    assert_int_equal(total, __builtin_popcount(free));
    assert_true(free == 0 || counts[largest] > 0);
    /* As few as there can be: no two could be one, so of each order at most one in two places. */
    for (unsigned order = 0; order + 1 < LAB_RUN_ORDERS; order++)
        assert_true(counts[order] <= 32u >> (order + 1));
}

static void every_mask_of_16_places(void **state)
{
    for (uint32_t free = 0; free <= 0xffff; free++)
        expect_as_defined(free);
}

static void masks_of_32_places(void **state)
{
    uint64_t random = 1;

    for (int i = 0; i < 20000; i++) {
        uint32_t free = (uint32_t)random_next(&random);

        /* The more the masks are or-ed, the longer are the runs. */
        for (unsigned k = random_below(&random, 5); k > 0; k--)
            free |= (uint32_t)random_next(&random);
        expect_as_defined(free);
    }
    expect_as_defined(0);
    expect_as_defined(UINT32_MAX);
}

static void masks_of_runs(void **state)
{
    for (unsigned order = 0; order < LAB_RUN_ORDERS; order++)
        assert_int_equal(__builtin_popcount(lab_run_mask(order)), 1 << order);
    assert_int_equal(lab_run_mask(0), 1);
    assert_int_equal(lab_run_mask(5), UINT32_MAX);
}

/* As one reads it: a head, then its tail. */
static bool is_cut_as_read(unsigned taken, unsigned heads)
{
    unsigned length;

    for (unsigned place = 0; place < 8; place += length) {
        length = 1;
        if (!(taken >> place & 1) && !(heads >> place & 1))
            continue;
        if (!(taken >> place & 1) || !(heads >> place & 1))
            return false;
        while (place + length < 8 && taken >> (place + length) & 1 &&
               !(heads >> (place + length) & 1))
            length++;
        if (length == 3 || length > 4 || place % length != 0)
            return false;
    }
    return true;
}

static void every_cut_of_8_places(void **state)
{
    for (unsigned taken = 0; taken < 256; taken++)
        for (unsigned heads = 0; heads < 256; heads++)
            for (unsigned at = 0; at < 32; at += 8)
                assert_int_equal(lab_run_is_cut((uint32_t)taken << at, (uint32_t)heads << at, 2),
                                 is_cut_as_read(taken, heads));
    assert_true(lab_run_is_cut(UINT32_MAX, 1, 5));
    assert_true(lab_run_is_cut(UINT32_MAX, UINT32_MAX, 0));
    assert_false(lab_run_is_cut(UINT32_MAX, 1, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mask_of_16_places),
        cmocka_unit_test(masks_of_32_places),
        cmocka_unit_test(masks_of_runs),
        cmocka_unit_test(every_cut_of_8_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
