/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_block.h>

/* One block by one thread: what each operation does, and what it refuses. */

struct rig {
    struct lab_block block;
    lab_atomic_t intent;
    struct lab_block_transit transit;
};

static void rig_init(struct rig *rig)
{
    lab_block_init(&rig->block);
    lab_store_relaxed(&rig->intent, 0);
    rig->transit = (struct lab_block_transit){&rig->intent, 1};
}

static uint64_t state_of(const struct rig *rig)
{
    return lab_load_relaxed(&rig->block.state);
}

static uint64_t word_of(const struct rig *rig, unsigned row)
{
    return lab_load_relaxed(&rig->block.row[row]);
}

static void expect_all_free(const struct rig *rig)
{
    assert_int_equal(lab_block_state_free(state_of(rig)), 0xffff);
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++)
        assert_true(lab_row_is_closed(word_of(rig, row)));
    assert_int_equal(lab_load_relaxed(&rig->intent), 0);
    assert_true(lab_block_is_valid(&rig->block));
}

static bool is_valid_with(uint64_t state, unsigned row, uint64_t word)
{
    struct rig rig;

    rig_init(&rig);
    lab_store_relaxed(&rig.block.state, state);
    lab_store_relaxed(&rig.block.row[row], word);
    return lab_block_is_valid(&rig.block);
}

static void what_no_sequence_makes_is_not_valid(void **state)
{
    uint64_t split = lab_block_state_split(0, 3), closed = lab_row_closed(7);
    uint64_t single = lab_row_run(5, 0), pair = lab_row_run(6, 1);

    assert_true(is_valid_with(0, 3, closed));
    assert_true(is_valid_with(split, 3, 0)); /* as it is left without an intent */
    assert_true(is_valid_with(split, 3, single | pair));
    assert_true(is_valid_with(lab_block_state_take(split, 1u << 4, 2), 3, single));

    assert_true(is_valid_with(lab_block_state_take(0, 1u << 3, 0), 3, single)); /* being split */

    assert_false(
        is_valid_with(lab_block_state_take(0, 1u << 2, 1), 3, single)); /* two rows are not */
    assert_false(is_valid_with(split, 3, closed));                      /* in transit */
    assert_false(is_valid_with(0, 3, single));                          /* open, and free */
    assert_false(is_valid_with(split, 3, single >> 32));                /* a head of nothing */
    assert_false(is_valid_with(split, 3, single & UINT32_MAX));         /* pages without a head */
    assert_false(is_valid_with(split, 3, pair | UINT64_C(1) << 8));     /* three pages */
    assert_false(is_valid_with(split, 3, pair << 1));                   /* not aligned */
    assert_false(is_valid_with(split, 3, UINT32_MAX | UINT64_C(1) << 32)); /* a row of one piece */
    assert_false(is_valid_with(lab_block_state_bits(1u << 5, 0), 3, closed)); /* a tail alone */
    assert_false(
        is_valid_with(lab_block_state_bits(3u << 5, 1u << 5), 3, closed)); /* not aligned */
}

static void a_new_block_is_free(void **state)
{
    struct rig rig;

    rig_init(&rig);
    expect_all_free(&rig);
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++)
        assert_int_equal(lab_block_get(&rig.block, row, 0, 32), 0); /* rows are closed */
}

static void a_split_row_holds_what_it_was_split_for(void **state)
{
    for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++) {
        struct rig rig;
        unsigned row = 99, left = 99;

        rig_init(&rig);
        assert_true(lab_block_split(&rig.block, lab_row_run(0, order), &rig.transit, &row));
        assert_int_equal(row, 0);
        assert_true(lab_block_state_is_split(state_of(&rig), 0));
        assert_int_equal(word_of(&rig, 0), lab_row_run(0, order));
        assert_int_equal(lab_load_relaxed(&rig.intent), 0);
        assert_int_equal(lab_block_put(&rig.block, 0, lab_row_run(0, order), &rig.transit, &left),
                         0);
        assert_int_equal(left, LAB_PAGE_ORDERS - 1);
        expect_all_free(&rig);
    }
}

static void closings_of_a_row_differ(void **state)
{
    struct rig rig;
    unsigned row, left;
    uint64_t last = 0;

    rig_init(&rig);
    for (int i = 0; i < 100; i++) {
        assert_true(lab_block_split(&rig.block, lab_row_run(0, 0), &rig.transit, &row));
        assert_int_equal(lab_block_put(&rig.block, row, lab_row_run(0, 0), &rig.transit, &left), 0);
        assert_true(word_of(&rig, row) > last);
        last = word_of(&rig, row);
    }
}

static void every_order_until_the_block_is_full(void **state)
{
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        unsigned row, left, wanted = LAB_BLOCK_PAGES >> order, got = 0;
        uint32_t start;
        struct rig rig;

        rig_init(&rig);
        if (order > LAB_ROW_ORDER_MAX) {
            while ((start = lab_block_get_rows(&rig.block, order, 1)) != 0)
                assert_int_equal(start, 1u << (got++ << order) / LAB_ROW_PAGES);
            assert_int_equal(got, wanted);
            for (unsigned i = 0; i < got; i++)
                assert_int_equal(lab_block_put_rows(&rig.block, 1u << (i << order) / LAB_ROW_PAGES,
                                                    order, &left),
                                 0);
        } else {
            while (lab_block_split(&rig.block, lab_row_run(0, order), &rig.transit, &row))
                for (got++; lab_block_get(&rig.block, row, order, 1) != 0; got++)
                    ;
            assert_int_equal(got, wanted);
            for (unsigned i = 0; i < got; i++)
                assert_int_equal(lab_block_put(&rig.block, (i << order) / LAB_ROW_PAGES,
                                               lab_row_run((i << order) % LAB_ROW_PAGES, order),
                                               &rig.transit, &left),
                                 0);
        }
        assert_int_equal(left, LAB_PAGE_ORDERS - 1);
        expect_all_free(&rig);
    }
}

/* All that a row, or a block's rows, have of an order come and go in one step. */
static void every_order_at_once(void **state)
{
    struct rig rig;
    unsigned row, left;

    rig_init(&rig);
    for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++) {
        uint32_t starts = lab_row_lowest(0, order, 32);

        assert_true(lab_block_split(&rig.block, lab_row_run(0, order), &rig.transit, &row));
        assert_int_equal(lab_block_get(&rig.block, row, order, 32), starts & ~1u);
        assert_int_equal(
            lab_block_put(&rig.block, row, lab_row_runs(starts, order), &rig.transit, &left), 0);
        assert_int_equal(left, LAB_PAGE_ORDERS - 1);
        expect_all_free(&rig);
    }
    for (unsigned order = LAB_BLOCK_ROW_ORDER; order < LAB_PAGE_ORDERS; order++) {
        uint32_t two = lab_block_get_rows(&rig.block, order, 2);
        uint32_t starts = two | lab_block_get_rows(&rig.block, order, 16);
        uint64_t full = state_of(&rig);

        assert_int_equal(lab_block_state_free(full), 0);
        assert_int_equal(starts * lab_run_mask(order - LAB_BLOCK_ROW_ORDER), 0xffff);
        assert_int_equal(__builtin_popcount(two), order < LAB_PAGE_ORDERS - 1 ? 2 : 1);
        if (order > LAB_BLOCK_ROW_ORDER) { /* not one of them, if one is of another order */
            assert_int_equal(lab_block_put_rows(&rig.block, starts, order - 1, &left), -ERANGE);
            assert_int_equal(state_of(&rig), full);
        }
        assert_int_equal(lab_block_put_rows(&rig.block, starts, order, &left), 0);
        assert_int_equal(left, LAB_PAGE_ORDERS - 1);
        expect_all_free(&rig);
    }
}

static void wrong_puts_change_nothing(void **state)
{
    struct rig rig;
    unsigned row, left = 99;
    uint64_t before, word;

    rig_init(&rig);
    assert_true(lab_block_split(&rig.block, lab_row_run(0, 2), &rig.transit, &row));
    assert_int_equal(lab_block_get_rows(&rig.block, 6, 1), 1u << 2);
    before = state_of(&rig);
    word = word_of(&rig, 0);
    for (unsigned order = 0; order <= LAB_ROW_ORDER_MAX; order++)
        for (unsigned page = 0; page < LAB_ROW_PAGES; page += 1u << order) {
            lab_row_piece piece = lab_row_run(page, order);

            if (order != 2 || page != 0)
                assert_int_equal(lab_block_put(&rig.block, 0, piece, &rig.transit, &left),
                                 page < 4 ? -ERANGE : -ENOENT);
            assert_int_equal(lab_block_put(&rig.block, 1, piece, &rig.transit, &left), -ENOENT);
            assert_int_equal(lab_block_put(&rig.block, 2, piece, &rig.transit, &left), -ERANGE);
            assert_int_equal(lab_block_put(&rig.block, 3, piece, &rig.transit, &left), -ERANGE);
        }
    for (unsigned order = LAB_BLOCK_ROW_ORDER; order < LAB_PAGE_ORDERS; order++)
        for (unsigned r = 0; r < LAB_BLOCK_ROWS; r += 1u << (order - LAB_BLOCK_ROW_ORDER))
            if (order != 6 || r != 2)
                assert_int_equal(lab_block_put_rows(&rig.block, 1u << r, order, &left),
                                 r == 0 || r == 2 || r == 3 ? -ERANGE : -ENOENT);
    assert_int_equal(state_of(&rig), before);
    assert_int_equal(word_of(&rig, 0), word);
    assert_int_equal(left, 99);
}

static void without_an_intent_a_row_stays_open(void **state)
{
    struct rig rig;
    unsigned row, left;

    rig_init(&rig);
    assert_true(lab_block_split(&rig.block, lab_row_run(0, 3), NULL, &row));
    assert_true(lab_block_state_is_split(state_of(&rig), row));
    assert_int_equal(lab_block_put(&rig.block, row, lab_row_run(0, 3), NULL, &left), 0);
    assert_int_equal(left, LAB_ROW_ORDER_MAX);
    assert_true(lab_row_is_empty(word_of(&rig, row)));
    assert_int_equal(lab_block_get(&rig.block, row, 0, 1), 1);
    assert_int_equal(lab_block_put(&rig.block, row, lab_row_run(0, 0), &rig.transit, &left), 0);
    expect_all_free(&rig);
}

static void an_orphan_is_seen_and_recovered_once(void **state)
{
    struct rig rig;
    struct lab_block_orphan first, second;

    rig_init(&rig);
    assert_false(lab_block_find_orphan(&rig.block, 5, &first)); /* free */
    lab_store_relaxed(&rig.block.state, lab_block_state_split(state_of(&rig), 5));
    assert_true(lab_block_find_orphan(&rig.block, 5, &first));
    assert_true(lab_block_find_orphan(&rig.block, 5, &second));
    assert_true(lab_block_recover(&rig.block, 5, &first));
    assert_false(lab_block_recover(&rig.block, 5, &second));
    expect_all_free(&rig);
}

static void an_orphan_that_has_changed_is_left_alone(void **state)
{
    struct lab_block_orphan orphan;
    struct rig rig;

    rig_init(&rig);
    lab_store_relaxed(&rig.block.state, lab_block_state_split(state_of(&rig), 5));
    assert_true(lab_block_find_orphan(&rig.block, 5, &orphan));
    assert_int_equal(lab_block_get_rows(&rig.block, LAB_BLOCK_ROW_ORDER, 1), 1); /* new version */
    assert_false(lab_block_recover(&rig.block, 5, &orphan));
    assert_true(lab_block_find_orphan(&rig.block, 5, &orphan));
    lab_store_relaxed(&rig.block.row[5], lab_row_closed(7)); /* another closing */
    assert_false(lab_block_recover(&rig.block, 5, &orphan));
    lab_store_relaxed(&rig.block.row[5], lab_row_run(0, 0)); /* open */
    assert_false(lab_block_find_orphan(&rig.block, 5, &orphan));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_sequence_makes_is_not_valid),
        cmocka_unit_test(a_new_block_is_free),
        cmocka_unit_test(a_split_row_holds_what_it_was_split_for),
        cmocka_unit_test(closings_of_a_row_differ),
        cmocka_unit_test(every_order_until_the_block_is_full),
        cmocka_unit_test(every_order_at_once),
        cmocka_unit_test(wrong_puts_change_nothing),
        cmocka_unit_test(without_an_intent_a_row_stays_open),
        cmocka_unit_test(an_orphan_is_seen_and_recovered_once),
        cmocka_unit_test(an_orphan_that_has_changed_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
