/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "mix.h"

#define DRAWS 1000000

/* Each share within a tenth of what it should be, and the rarest within a half. */
static void expect_shares(unsigned mix, const double shares[LAB_PAGE_ORDERS])
{
    struct mix_state state = mix_seed(7);
    unsigned counts[LAB_PAGE_ORDERS] = {0};

    for (unsigned i = 0; i < DRAWS; i++) {
        unsigned order = mix_order(mix, &state);

        assert_true(order < LAB_PAGE_ORDERS);
        counts[order]++;
    }
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        double found = (double)counts[order] / DRAWS;
        double slack = shares[order] * (shares[order] > 0.01 ? 0.1 : 0.5);

        assert_true(found >= shares[order] - slack && found <= shares[order] + slack);
    }
}

static void test_shares(void **state)
{
    expect_shares(MIX_PAGES, (double[]){1 / 2., 1 / 4., 1 / 8., 1 / 16., 1 / 32., 1 / 64., 1 / 128.,
                                        1 / 256., 1 / 512., 1 / 512.});
    expect_shares(MIX_SINGLES, (double[]){0.9, 0, 0, 0.07, 0, 0, 0, 0, 0, 0.03});
    expect_shares(MIX_COUNTS, (double[]){0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1});
    expect_shares(4, (double[]){0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
}

static void test_a_shuffle_has_each_once_anywhere(void **state)
{
    struct mix_state random = mix_seed(1);
    unsigned order[5], at[5][5] = {{0}};

    for (unsigned i = 0; i < 10000; i++) {
        unsigned seen = 0;

        mix_shuffle(&random, order, 5);
        for (unsigned j = 0; j < 5; j++) {
            seen |= 1u << order[j];
            at[order[j]][j]++;
        }
        assert_int_equal(seen, 31);
    }
    for (unsigned i = 0; i < 25; i++)
        assert_in_range(at[i / 5][i % 5], 1800, 2200);
}

static void test_a_seed_makes_the_same_again(void **state)
{
    struct mix_state a = mix_seed(3), b = mix_seed(3), c = mix_seed(4);
    unsigned same = 0;

    for (unsigned i = 0; i < 1000; i++) {
        unsigned drawn = mix_below(&a, 1000);

        assert_true(drawn < 1000);
        assert_int_equal(drawn, mix_below(&b, 1000));
        same += drawn == mix_below(&c, 1000);
    }
    assert_true(same < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_a_shuffle_has_each_once_anywhere),
        cmocka_unit_test(test_a_seed_makes_the_same_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
