/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_row.h>
#include <random.h>
#include <string.h>

/* The word against a plain array: which allocation, by its first page and 1, each page is of. */
struct model {
    uint64_t word;
    uint8_t of[LAB_ROW_PAGES];
};

static bool model_is_free(const struct model *model, unsigned page, unsigned order)
{
    for (unsigned i = page; i < page + (1u << order); i++)
        if (model->of[i] != 0)
            return false;
    return true;
}

static bool model_holds(const struct model *model, unsigned page, unsigned order)
{
    for (unsigned i = 0; i < LAB_ROW_PAGES; i++)
        if ((model->of[i] == page + 1) != (i >= page && i < page + (1u << order)))
            return false;
    return true;
}

static void model_set(struct model *model, unsigned page, unsigned order, unsigned of)
{
    memset(model->of + page, (int)of, (size_t)1 << order);
}

static void expect_same(const struct model *model)
{
    for (unsigned page = 0; page < LAB_ROW_PAGES; page++) {
        assert_int_equal(model->word >> page & 1, model->of[page] != 0);
        assert_int_equal(model->word >> (page + 32) & 1, model->of[page] == page + 1);
    }
    assert_false(lab_row_is_closed(model->word));
    assert_true(lab_row_is_valid(model->word));
    for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++)
        for (unsigned page = 0; page < LAB_ROW_PAGES; page += 1u << order)
            assert_int_equal(lab_row_holds(model->word, lab_row_run(page, order)),
                             model_holds(model, page, order));
    for (unsigned page = 0; page < LAB_ROW_PAGES; page++)
        assert_int_equal(lab_row_holds_single(model->word, page), model_holds(model, page, 0));
}

static void take(struct model *model, unsigned order)
{
    uint32_t start = lab_row_lowest(model->word, order, 1);
    unsigned page = start != 0 ? (unsigned)__builtin_ctz(start) : LAB_ROW_PAGES, first = 0;

    while (first < LAB_ROW_PAGES && !model_is_free(model, first, order))
        first += 1u << order;
    assert_int_equal(page, first);
    if (start == 0)
        return;
    assert_int_equal(start, 1u << page);
    model->word = lab_row_take(model->word, lab_row_run(page, order));
    model_set(model, page, order, page + 1);
}

static void give(struct model *model, unsigned order, unsigned page)
{
    page &= ~((1u << order) - 1);
    if (!lab_row_holds(model->word, lab_row_run(page, order)))
        return;
    model->word = lab_row_give(model->word, lab_row_run(page, order));
    model_set(model, page, order, 0);
}

static void is_an_array_in_every_sequence(void **state)
{
    uint64_t random = 3;
    struct model model = {0};

    for (int i = 0; i < 30000; i++) {
        unsigned order = random_below(&random, LAB_ROW_ORDER_MAX + 1);

        if (random_below(&random, 5) < 2)
            take(&model, order);
        else
            give(&model, order, random_below(&random, LAB_ROW_PAGES));
        expect_same(&model);
        assert_int_equal(lab_row_is_empty(model.word), model_is_free(&model, 0, 5));
    }
}

static void closed_rows_give_and_hold_nothing(void **state)
{
    uint64_t random = 4;

    for (int i = 0; i < 3000; i++) {
        uint32_t stamp = (uint32_t)random_next(&random);
        uint64_t word = lab_row_closed(stamp);
        unsigned page;

        assert_true(lab_row_is_closed(word));
        assert_false(lab_row_is_empty(word));
        assert_int_equal(lab_row_free(word), 0);
        for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++) {
            assert_int_equal(lab_row_lowest(word, order, 32), 0);
            for (page = 0; page < LAB_ROW_PAGES; page += 1u << order)
                assert_false(lab_row_holds(word, lab_row_run(page, order)));
        }
        for (page = 0; page < LAB_ROW_PAGES; page++)
            assert_false(lab_row_holds_single(word, page));
        assert_false(lab_row_holds(word, lab_row_runs((uint32_t)random_next(&random) | 1, 0)));
        assert_int_equal(word == lab_row_closed(stamp + 1), false);
    }
}

/* The stamp has 31 bits. */
static void stamps_distinguish_closings(void **state)
{
    for (unsigned bit = 0; bit < 31; bit++)
        assert_true(lab_row_closed(0) != lab_row_closed(UINT32_C(1) << bit));
}

static void full_rows_are_not_closed(void **state)
{
    for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++) {
        uint64_t word = 0;

        for (unsigned page = 0; page < LAB_ROW_PAGES; page += 1u << order)
            word = lab_row_take(word, lab_row_run(page, order));
        assert_int_equal((uint32_t)word, UINT32_MAX);
        assert_false(lab_row_is_closed(word));
    }
}

/* Several runs at once are what they are one by one. */
static void runs_come_and_go_together(void **state)
{
    uint64_t random = 5;

    for (int i = 0; i < 20000; i++) {
        unsigned order = random_below(&random, LAB_ROW_ORDER_MAX + 1),
                 n = random_below(&random, 40);
        uint32_t held = (uint32_t)(random_next(&random) & random_next(&random));
        uint64_t before = lab_row_runs(held, 0), after = before;
        uint32_t all = lab_row_lowest(before, order, 32), lowest = lab_row_lowest(before, order, n);
        unsigned free = (unsigned)__builtin_popcount(all);

        assert_int_equal(lowest & ~all, 0);
        assert_int_equal(__builtin_popcount(lowest), n < free ? n : free);
        if (lowest != 0) /* those not chosen lie above */
            assert_int_equal((all & ~lowest) & (UINT32_MAX >> __builtin_clz(lowest)), 0);
        for (unsigned page = 0; page < LAB_ROW_PAGES; page++)
            if (lowest >> page & 1)
                after = lab_row_take(after, lab_row_run(page, order));
        assert_int_equal(after, lab_row_take(before, lab_row_runs(lowest, order)));
        assert_true(lab_row_holds(after, lab_row_runs(lowest, order)));
        assert_int_equal(lab_row_give(after, lab_row_runs(lowest, order)), before);
    }
}

static void singles_are_held_only_if_each_is(void **state)
{
    uint64_t word = lab_row_take(lab_row_run(4, 2), lab_row_runs(0x3, 0));

    assert_true(lab_row_holds(word, lab_row_runs(0x1, 0)));
    assert_true(lab_row_holds(word, lab_row_runs(0x3, 0)));
    assert_false(lab_row_holds(word, lab_row_runs(0x7, 0)));  /* one is free */
    assert_false(lab_row_holds(word, lab_row_runs(0x13, 0))); /* one begins something longer */
    assert_false(lab_row_holds(word, lab_row_runs(0x23, 0))); /* one is in the midst of it */
    assert_false(lab_row_holds(word, lab_row_runs(0xf0, 0)));
    assert_true(lab_row_holds(word, lab_row_run(4, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_array_in_every_sequence),
        cmocka_unit_test(closed_rows_give_and_hold_nothing),
        cmocka_unit_test(stamps_distinguish_closings),
        cmocka_unit_test(full_rows_are_not_closed),
        cmocka_unit_test(runs_come_and_go_together),
        cmocka_unit_test(singles_are_held_only_if_each_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
