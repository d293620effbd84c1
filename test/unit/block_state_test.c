/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <lab_block_state.h>
#include <random.h>
#include <string.h>

/* The word against a plain array. */
enum { FREE = 0, SPLIT = 100, HEAD = 1 /* and the row; its tails have the same */ };

struct model {
    uint64_t state;
    uint8_t of[LAB_BLOCK_ROWS];
};

static bool all_are(const struct model *model, unsigned row, unsigned order, unsigned what)
{
    for (unsigned i = row; i < row + (1u << order); i++)
        if (model->of[i] != what)
            return false;
    return true;
}

static bool model_holds(const struct model *model, unsigned row, unsigned order)
{
    unsigned end = row + (1u << order);

    return all_are(model, row, order, HEAD + row) &&
           (end == LAB_BLOCK_ROWS || model->of[end] != HEAD + row);
}

static void expect_same(const struct model *model)
{
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++) {
        assert_int_equal(lab_block_state_free(model->state) >> row & 1, model->of[row] == FREE);
        assert_int_equal(lab_block_state_is_split(model->state, row), model->of[row] == SPLIT);
    }
    for (unsigned order = 0; order <= 4; order++)
        for (unsigned row = 0; row < LAB_BLOCK_ROWS; row += 1u << order)
            assert_int_equal(lab_block_state_holds(model->state, 1u << row, order),
                             model_holds(model, row, order));
}

static void change(struct model *model, uint64_t next)
{
    assert_int_equal(lab_block_state_version(next),
                     (uint32_t)(lab_block_state_version(model->state) + 1));
    model->state = next;
}

static void take(struct model *model, unsigned order)
{
    uint32_t start = lab_block_state_lowest(model->state, order, 1);
    unsigned row = start != 0 ? (unsigned)__builtin_ctz(start) : LAB_BLOCK_ROWS, first = 0;

    while (first < LAB_BLOCK_ROWS && !all_are(model, first, order, FREE))
        first += 1u << order;
    assert_int_equal(row, first);
    if (start == 0)
        return;
    change(model, lab_block_state_take(model->state, start, order));
    memset(model->of + row, (int)(HEAD + row), (size_t)1 << order);
}

static void give(struct model *model, unsigned row, unsigned order)
{
    row &= ~((1u << order) - 1);
    if (!model_holds(model, row, order))
        return;
    change(model, lab_block_state_give(model->state, 1u << row, order));
    memset(model->of + row, FREE, (size_t)1 << order);
}

static void split_or_coalesce(struct model *model, unsigned row)
{
    if (model->of[row] == FREE) {
        change(model, lab_block_state_split(model->state, row));
        model->of[row] = SPLIT;
    } else if (model->of[row] == SPLIT) {
        change(model, lab_block_state_coalesce(model->state, row));
        model->of[row] = FREE;
    } else if (model_holds(model, row, 0)) {
        change(model, lab_block_state_convert(model->state, row));
        model->of[row] = SPLIT;
    }
}

static void is_an_array_in_every_sequence(void **state)
{
    uint64_t random = 6;
    struct model model = {.state = (uint64_t)(UINT32_MAX - 500) << 32}; /* the version overflows */

    expect_same(&model);
    for (int i = 0; i < 50000; i++) {
        unsigned order = random_below(&random, 5), row = random_below(&random, LAB_BLOCK_ROWS);

        switch (random_below(&random, 3)) {
        case 0:
            take(&model, order);
            break;
        case 1:
            give(&model, row, order);
            break;
        default:
            split_or_coalesce(&model, row);
        }
        expect_same(&model);
    }
}

static void largest_allocation_is_the_block(void **state)
{
    uint64_t all = lab_block_state_take(0, 1, 4);

    assert_int_equal(lab_block_state_free(all), 0);
    assert_true(lab_block_state_holds(all, 1, 4));
    assert_false(lab_block_state_holds(all, 1, 3));
    assert_false(lab_block_state_holds(all, 1u << 8, 3));
    assert_int_equal(lab_block_state_free(lab_block_state_give(all, 1, 4)), 0xffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_an_array_in_every_sequence),
        cmocka_unit_test(largest_allocation_is_the_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
