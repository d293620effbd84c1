/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_zone.h>
#include <random.h>
#include <string.h>
#include <zone_invariants.h>

#define BLOCKS 40u
#define LCORES 4u

static struct lab_zone_part *make(uint32_t blocks)
{
    size_t bytes = lab_zone_footprint(blocks, LCORES);
    void *memory = aligned_alloc(LAB_CACHE_LINE, bytes);

    assert_non_null(memory);
    memset(memory, 0, bytes);
    return lab_zone_init(memory, blocks, LCORES);
}

static void expect_all_free(struct lab_zone_part *part)
{
    struct lab_page_part_map stats;

    lab_zone_stats(part, &stats);
    assert_int_equal(stats.free_pages, stats.pages);
    assert_int_equal(stats.blocks_free, part->blocks);
    assert_int_equal(stats.blocks_mixed + stats.blocks_full, 0);
    assert_int_equal(stats.runs[LAB_PAGE_ORDERS - 1], part->blocks);
    assert_int_equal(stats.largest, LAB_PAGE_ORDERS - 1);
    assert_null(zone_wrong(part, false, NULL));
}

static void metadata_is_a_thousandth_at_most(void **state)
{
    for (uint32_t blocks = 16; blocks <= LAB_ZONE_BLOCKS_MAX; blocks *= 2) {
        size_t bytes = lab_zone_footprint(blocks, LAB_LCORE_MAX);

        assert_true(bytes <= blocks * ((size_t)2 << 20) / 1000);
        if (blocks >= 1024) /* and a ten-thousandth for 2 GiB and more */
            assert_true(bytes <= blocks * ((size_t)2 << 20) / 9000);
    }
}

static void wrong_arguments_change_nothing(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);
    uint32_t page = 77, pages[2] = {1, 1}, end = BLOCKS * LAB_BLOCK_PAGES;
    unsigned n = 55;

    assert_int_equal(lab_zone_alloc(part, 4, 0, LAB_ZONE_SHORT, &page), -EINVAL);
    assert_int_equal(lab_zone_alloc(part, 0, 10, LAB_ZONE_SHORT, &page), -EINVAL);
    assert_int_equal(lab_zone_alloc(part, LAB_LCORE_ANY, 0, LAB_ZONE_CLASSES, &page), -EINVAL);
    assert_int_equal(lab_zone_alloc_bulk(part, 4, 0, LAB_ZONE_SHORT, &page, 1, &n), -EINVAL);
    assert_int_equal(lab_zone_alloc_bulk(part, 0, 0, LAB_ZONE_CLASSES, &page, 1, &n), -EINVAL);
    assert_int_equal(lab_zone_alloc_bulk(part, 0, 10, LAB_ZONE_SHORT, &page, 1, &n), -EINVAL);
    assert_int_equal(page, 77);
    assert_int_equal(n, 55);
    assert_int_equal(lab_zone_free(part, 4, 0, 0), -EINVAL);
    assert_int_equal(lab_zone_free(part, 0, 0, 10), -EINVAL);
    assert_int_equal(lab_zone_free(part, 0, 1, 1), -EINVAL);
    assert_int_equal(lab_zone_free(part, 0, end, 0), -EINVAL);
    assert_int_equal(lab_zone_free(part, 0, LAB_PAGE_NONE, 0), -EINVAL);
    assert_int_equal(lab_zone_free(part, 0, 0, 0), -ENOENT);
    assert_int_equal(lab_zone_free_bulk(part, 4, 0, pages, 2, &n), -EINVAL);
    assert_int_equal(n, 0);
    assert_int_equal(lab_zone_free_bulk(part, 0, 0, pages, 2, &n), -ENOENT);
    assert_int_equal(n, 0);
    assert_int_equal(lab_zone_free_bulk(part, 0, 1, pages, 2, &n), -EINVAL);
    assert_int_equal(lab_zone_free_bulk(part, 0, 10, pages, 2, &n), -EINVAL);
    assert_int_equal(n, 0);
    assert_int_equal(lab_zone_sweep(part, 4), -EINVAL);
    expect_all_free(part);
    free(part);
}

static void every_order_to_the_last_page_and_back(void **state)
{
    static uint32_t pages[40 * LAB_BLOCK_PAGES];
    struct lab_zone_part *part = make(BLOCKS);

    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        for (unsigned who = 0; who < 2; who++) {
            uint32_t lcore = who == 0 ? order % LCORES : LAB_LCORE_ANY;
            struct lab_page_part_map stats;
            uint32_t n = 0;

            while (lab_zone_alloc(part, lcore, order, order % LAB_ZONE_CLASSES, &pages[n]) == 0)
                n++;
            assert_int_equal(n << order, BLOCKS * LAB_BLOCK_PAGES);
            lab_zone_stats(part, &stats);
            assert_int_equal(stats.free_pages, 0);
            assert_int_equal(stats.largest, -1);
            assert_int_equal(stats.blocks_full, BLOCKS);
            while (n > 0)
                assert_int_equal(lab_zone_free(part, lcore, pages[--n], order), 0);
            expect_all_free(part);
        }
    free(part);
}

static void bulks_take_what_there_is(void **state)
{
    uint32_t pages[2 * LAB_BLOCK_PAGES];
    struct lab_zone_part *part;
    unsigned n = 0;

    part = make(1);
    assert_int_equal(lab_zone_alloc_bulk(part, 0, 0, LAB_ZONE_LONG, pages, 0, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(lab_zone_alloc_bulk(part, 0, 0, LAB_ZONE_LONG, pages, 2 * LAB_BLOCK_PAGES, &n),
                     0);
    assert_int_equal(n, LAB_BLOCK_PAGES);
    assert_int_equal(lab_zone_alloc_bulk(part, 0, 0, LAB_ZONE_LONG, pages + n, 1, &n), -ENOMEM);
    assert_int_equal(n, LAB_BLOCK_PAGES);
    pages[n] = pages[0]; /* a second time */
    pages[n + 1] = pages[1];
    assert_int_equal(lab_zone_free_bulk(part, 1, 0, pages, n + 2, &n), -ENOENT);
    assert_int_equal(n, LAB_BLOCK_PAGES);
    expect_all_free(part);
    free(part);
}

/* More threads without an id than there are places for, each stopped in the midst of a call: the
 * next ones still get and put all orders, and what they leave open is closed by others. */
static void guests_that_come_too_late_do_all_the_same(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);
    uint32_t page, small[100];
    unsigned k;

    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++)
        lab_store_relaxed(&part->lcore[LCORES + i].taken, 1);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        assert_int_equal(lab_zone_alloc(part, LAB_LCORE_ANY, order, LAB_ZONE_SHORT, &page), 0);
        assert_int_equal(lab_zone_free(part, LAB_LCORE_ANY, page, order), 0);
    }
    assert_int_equal(lab_zone_alloc_bulk(part, LAB_LCORE_ANY, 0, LAB_ZONE_LONG, small, 100, &k), 0);
    assert_int_equal(lab_zone_free_bulk(part, LAB_LCORE_ANY, 0, small, 100, &k), 0);
    assert_null(zone_wrong(part, true, NULL));
    for (uint32_t i = 0; i < BLOCKS; i++)
        assert_int_equal(lab_zone_alloc(part, 0, 9, LAB_ZONE_SHORT, &page), 0);
    for (uint32_t i = 0; i < BLOCKS; i++)
        assert_int_equal(lab_zone_free(part, 0, i * LAB_BLOCK_PAGES, 9), 0);
    expect_all_free(part);
    free(part);
}

/* An lcore that died in the midst of a split or of a coalescing, which look the same. */
static void leave_in_transit(struct lab_zone_part *part, uint32_t lcore, unsigned row)
{
    lab_store_relaxed(&part->lcore[lcore].intent, 1 + row);
    lab_store_relaxed(&part->block[0].state,
                      lab_block_state_split(lab_load_relaxed(&part->block[0].state), row));
}

static void a_sweep_brings_back_what_was_in_transit(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);
    struct lab_page_part_map stats;

    leave_in_transit(part, 2, 3);
    lab_zone_stats(part, &stats);
    assert_int_equal(stats.pages - stats.free_pages, LAB_ROW_PAGES);
    assert_int_equal(lab_zone_sweep(part, 0), 0); /* is innocent */
    lab_zone_stats(part, &stats);
    assert_int_equal(stats.pages - stats.free_pages, LAB_ROW_PAGES);
    assert_int_equal(lab_zone_sweep(part, 2), 0);
    expect_all_free(part);
    assert_int_equal(lab_zone_sweep(part, 2), 0);
    free(part);
}

static void a_sweep_leaves_the_living_alone(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);

    leave_in_transit(part, 2, 3);
    lab_store_relaxed(&part->lcore[1].intent, 1 + 3); /* dead, too: its intent is a stale one */
    assert_int_equal(lab_zone_sweep(part, 1), -EAGAIN);
    assert_int_equal(lab_zone_sweep(part, 2), 0); /* knows by now that lcore 1 is dead */
    assert_int_equal(lab_zone_sweep(part, 1), 0);
    expect_all_free(part);
    free(part);
}

static void guests_are_swept_together(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);

    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++) {
        leave_in_transit(part, LCORES + i, i);
        lab_store_relaxed(&part->lcore[LCORES + i].taken, 1);
    }
    assert_int_equal(lab_zone_sweep(part, LAB_LCORE_ANY), 0);
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++)
        assert_int_equal(lab_load_relaxed(&part->lcore[LCORES + i].taken), 0);
    expect_all_free(part);
    free(part);
}

/* The first of them only wanted the row: it is not swept before the second is known to be dead. */
static void guests_that_died_over_the_same_row_are_swept(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);

    for (unsigned i = 0; i < 2; i++)
        lab_store_relaxed(&part->lcore[LCORES + i].taken, 1);
    lab_store_relaxed(&part->lcore[LCORES].intent, 1 + 3);
    leave_in_transit(part, LCORES + 1, 3);
    assert_int_equal(lab_zone_sweep(part, LAB_LCORE_ANY), -EAGAIN);
    assert_int_equal(lab_zone_sweep(part, LAB_LCORE_ANY), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(lab_load_relaxed(&part->lcore[LCORES + i].taken), 0);
    expect_all_free(part);
    free(part);
}

/* Every hint says that there is nothing, or that there is everything. */
static void hints_may_err(void **state)
{
    struct lab_zone_part *part = make(BLOCKS);
    uint32_t page;

    for (unsigned lie = 0; lie < 2; lie++)
        for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
            uint32_t got = 0;

            for (uint32_t block = 0; block < BLOCKS; block++)
                for (int hint = 0; hint < LAB_ZONE_HINTS; hint++)
                    lab_byte_store_relaxed(&part->hint[hint][block], lie ? 5 : 0);
            while (lab_zone_alloc(part, 3, order, LAB_ZONE_SHORT, &page) == 0)
                got++;
            assert_int_equal(got << order, BLOCKS * LAB_BLOCK_PAGES);
            for (uint32_t i = 0; i < got; i++)
                assert_int_equal(lab_zone_free(part, 3, i << order, order), 0);
            expect_all_free(part);
        }
    free(part);
}

static void statistics_tell_orders(void **state)
{
    struct lab_zone_part *part;
    struct lab_page_part_map stats;
    uint32_t page, row;

    part = make(2);
    assert_int_equal(lab_zone_alloc(part, 0, 0, LAB_ZONE_SHORT, &page), 0);
    assert_int_equal(lab_zone_alloc(part, 0, 7, LAB_ZONE_SHORT, &row), 0);
    lab_zone_stats(part, &stats);
    assert_int_equal(stats.free_pages, 1024 - 1 - 128);
    assert_int_equal(stats.blocks_mixed + stats.blocks_free, 2);
    for (unsigned order = 0; order < 5; order++)
        assert_int_equal(stats.runs[order], 1); /* the rest of the row */
    assert_int_equal(stats.largest, stats.runs[9] > 0 ? 9 : 8);
    free(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_a_thousandth_at_most),
        cmocka_unit_test(wrong_arguments_change_nothing),
        cmocka_unit_test(every_order_to_the_last_page_and_back),
        cmocka_unit_test(bulks_take_what_there_is),
        cmocka_unit_test(guests_that_come_too_late_do_all_the_same),
        cmocka_unit_test(a_sweep_brings_back_what_was_in_transit),
        cmocka_unit_test(a_sweep_leaves_the_living_alone),
        cmocka_unit_test(guests_are_swept_together),
        cmocka_unit_test(guests_that_died_over_the_same_row_are_swept),
        cmocka_unit_test(hints_may_err),
        cmocka_unit_test(statistics_tell_orders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
