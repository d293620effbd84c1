/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"
#include <random.h>

/* Clean pages and dirty ones: zeros are zeros, and those that were ready cost no memset. */

enum { BLOCKS = 4, PAGES = BLOCKS * BLOCK };

static void *pages[PAGES];

static void make(struct arena_rig *rig, bool zeroed)
{
    arena_rig_make_one(rig, (struct lab_arena_zone){.bytes = BLOCKS * 2 * MIB,
                                                    .zeroed = zeroed,
                                                    .watermark = {0, 0, 1}});
}

static uint64_t zeroed(struct lab_arena *arena)
{
    struct lab_page_events events;

    assert_int_equal(lab_page_events(arena, 0, &events), 0);
    return events.count[LAB_PAGE_ZEROED];
}

static bool is_zero(const void *memory, size_t bytes)
{
    const char *byte = memory;

    return byte[0] == 0 && memcmp(byte, byte + 1, bytes - 1) == 0;
}

/* Everything is free, and nothing is zero. */
static void soil(struct lab_arena *arena)
{
    unsigned n = drain(arena, 0, 9, LAB_GFP_WAIT | LAB_GFP_NOWARN, pages);

    assert_int_equal(n, BLOCKS);
    for (unsigned i = 0; i < n; i++)
        memset(pages[i], 0xff, BLOCK * LAB_PAGE_BYTES);
    lab_deque_set_end_shortage_any(&arena->set, lab_deque_set_shortage(&arena->set));
    put_all(arena, 0, 9, pages, n);
}

/* Cleans until there is nothing to do; returns how many pages were cleaned. */
static unsigned clean_up(struct lab_arena *arena, uint32_t lcore)
{
    unsigned cleaned, sum = 0, idle = 0;

    while (idle < 3) { /* one call may end between two rounds over all rows */
        assert_int_equal(lab_housekeep(arena, lcore, 100, &cleaned), 0);
        assert_in_range(cleaned, 0, 100 + LAB_ROW_PAGES);
        sum += cleaned;
        idle = cleaned > 0 ? 0 : idle + 1;
    }
    return sum;
}

static void expect_zeros(struct lab_arena *arena, uint32_t lcore, unsigned order, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(
            lab_page_alloc(arena, lcore, order, LAB_GFP_ATOMIC | LAB_GFP_ZERO, &pages[i]), 0);
        assert_true(is_zero(pages[i], LAB_PAGE_BYTES << order));
        memset(pages[i], 0xff, LAB_PAGE_BYTES << order);
    }
}

static void memory_that_came_zeroed_needs_no_memset(void **state)
{
    struct arena_rig rig;

    make(&rig, true);
    expect_zeros(rig.arena, 1, 0, 600);
    assert_int_equal(zeroed(rig.arena), 0);
    put_all(rig.arena, 1, 0, pages, 600);
    expect_zeros(rig.arena, 1, 3, 10);
    put_all(rig.arena, 1, 3, pages, 10);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
    make(&rig, false);
    expect_zeros(rig.arena, 1, 0, 1);
    assert_int_equal(zeroed(rig.arena), 1);
    put_all(rig.arena, 1, 0, pages, 1);
    arena_rig_unmake(&rig);
}

static void what_is_dirty_is_zeroed_by_who_asks(void **state)
{
    struct arena_rig rig;

    make(&rig, true);
    soil(rig.arena);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        uint64_t before = zeroed(rig.arena);

        expect_zeros(rig.arena, 0, order, 2);
        assert_int_equal(zeroed(rig.arena), before + 2);
        put_all(rig.arena, 0, order, pages, 2);
    }
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void housekeeping_makes_them_ready(void **state)
{
    for (uint32_t cleaner = 2; cleaner <= LCORES; cleaner += LCORES - 2) {
        struct arena_rig rig;
        uint64_t before;
        unsigned n;

        make(&rig, true);
        soil(rig.arena);
        n = clean_up(rig.arena, cleaner < LCORES ? cleaner : LAB_LCORE_ANY);
        assert_in_range(n, PAGES / 2,
                        PAGES / 2 + 3 * LAB_ROW_PAGES +
                            rig.arena->array[LAB_PAGE_CLEAN].capacity / 2);
        before = zeroed(rig.arena);
        expect_zeros(rig.arena, 1, 0, 64);
        assert_int_equal(zeroed(rig.arena), before);
        put_all(rig.arena, 1, 0, pages, 64);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

static void between_a_quarter_and_half_there_is_nothing_to_clean(void **state)
{
    struct arena_rig rig;
    unsigned n;

    make(&rig, true);
    soil(rig.arena);
    n = clean_up(rig.arena, LAB_LCORE_ANY);
    assert_in_range(n, PAGES / 2, PAGES / 2 + LAB_ROW_PAGES);
    /* An eighth less, of what was clean: */
    expect_zeros(rig.arena, LAB_LCORE_ANY, 5, PAGES / 8 / LAB_ROW_PAGES);
    assert_int_equal(clean_up(rig.arena, LAB_LCORE_ANY), 0);
    put_all(rig.arena, LAB_LCORE_ANY, 5, pages, PAGES / 8 / LAB_ROW_PAGES);
    assert_int_equal(clean_up(rig.arena, LAB_LCORE_ANY), 0);
    soil(rig.arena);
    n = clean_up(rig.arena, LAB_LCORE_ANY);
    assert_in_range(n, PAGES / 2, PAGES / 2 + LAB_ROW_PAGES);
    arena_rig_unmake(&rig);
}

/* The bytes behind are left as they were: this test has written there, which nobody may. */
static void only_what_was_used_is_cleaned(void **state)
{
    struct arena_rig rig;
    char *page, *again;

    make(&rig, true);
    for (int who = 0; who < 2; who++) {
        size_t used = 100, lines = 128;

        assert_int_equal(lab_page_alloc(rig.arena, LAB_LCORE_ANY, 1, LAB_GFP_WAIT | LAB_GFP_ZERO,
                                        (void **)&page),
                         0);
        memset(page, 0x55, 2 * LAB_PAGE_BYTES);
        assert_int_equal(lab_page_free_used(rig.arena, LAB_LCORE_ANY, page, 1, used), 0);
        if (who == 1)
            assert_int_equal(clean_up(rig.arena, LAB_LCORE_ANY), 1);
        assert_int_equal(lab_page_alloc(rig.arena, LAB_LCORE_ANY, 1, LAB_GFP_WAIT | LAB_GFP_ZERO,
                                        (void **)&again),
                         0);
        assert_ptr_equal(again, page);
        assert_true(is_zero(page, lines));
        for (size_t i = lines; i < 2 * LAB_PAGE_BYTES; i++)
            assert_int_equal(page[i], 0x55);
        memset(page, 0, 2 * LAB_PAGE_BYTES);
        assert_int_equal(lab_page_free_used(rig.arena, LAB_LCORE_ANY, page, 1, 0), 0);
    }
    assert_int_equal(lab_page_free_used(rig.arena, 0, page, 1, 0), -ENOENT);
    assert_int_equal(lab_page_free_used(rig.arena, 0, page + 1, 1, 0), -EINVAL);
    assert_int_equal(lab_page_free_used(rig.arena, LCORES, page, 1, 0), -EINVAL);
    assert_int_equal(lab_page_free_used(rig.arena, 0, &rig, 1, 0), -EINVAL);
    assert_int_equal(lab_page_free_used(rig.arena, 0, page, LAB_PAGE_ORDERS, 0), -EINVAL);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* All ways of getting and putting, mixed: zeros are zeros. */
static void zeros_are_zeros_in_every_sequence(void **state)
{
    enum { HELD = 60, STEPS = 30000 };
    static struct {
        void *page;
        unsigned order;
    } held[HELD];
    struct arena_rig rig;
    uint64_t random = 11;
    unsigned n = 0;

    arena_rig_make(&rig, (struct lab_arena_options){
                             .zone = &(struct lab_arena_zone){.bytes = 8 * MIB, .zeroed = true},
                             .zones = 1,
                             .cached_orders = 1u << 1});
    for (int i = 0; i < STEPS; i++) {
        uint32_t lcore = random_below(&random, LCORES + 1);
        unsigned dice = random_below(&random, 16), order = random_below(&random, 4) % 3, which;
        unsigned gfp = LAB_GFP_ATOMIC | (dice & 1 ? LAB_GFP_ZERO : 0);
        void *page;

        lcore = lcore < LCORES ? lcore : LAB_LCORE_ANY;
        if (dice == 15)
            assert_int_equal(lab_housekeep(rig.arena, lcore, 50, NULL), 0);
        else if (n < HELD && dice < 8) {
            assert_int_equal(lab_page_alloc(rig.arena, lcore, order, gfp, &page), 0);
            if (gfp & LAB_GFP_ZERO)
                assert_true(is_zero(page, LAB_PAGE_BYTES << order));
            else
                memset(page, 0, LAB_PAGE_BYTES << order); /* so that free_used is true */
            held[n].page = page;
            held[n++].order = order;
        } else if (n > 0) {
            size_t used = random_below(&random, (uint32_t)(LAB_PAGE_BYTES << 2));

            which = random_below(&random, n);
            page = held[which].page;
            order = held[which].order;
            held[which] = held[--n];
            if (used > LAB_PAGE_BYTES << order)
                used = LAB_PAGE_BYTES << order;
            memset(page, 0xff, used);
            assert_int_equal(dice & 1 ? lab_page_free(rig.arena, lcore, page, order)
                                      : lab_page_free_used(rig.arena, lcore, page, order, used),
                             0);
        }
    }
    while (n-- > 0)
        assert_int_equal(lab_page_free(rig.arena, 0, held[n].page, held[n].order), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void two_do_not_clean_at_once(void **state)
{
    struct arena_rig rig;
    unsigned cleaned = 7;

    make(&rig, true);
    soil(rig.arena);
    lab_store_relaxed(&rig.arena->zone[0].cleaner.busy, 3);
    assert_int_equal(lab_housekeep(rig.arena, LAB_LCORE_ANY, 1000, &cleaned), 0);
    assert_int_equal(cleaned, 0);
    assert_int_equal(lab_arena_sweep(rig.arena, 0), 0);
    assert_int_equal(lab_housekeep(rig.arena, LAB_LCORE_ANY, 1000, &cleaned), 0);
    assert_int_equal(cleaned, 0);
    assert_int_equal(lab_arena_sweep(rig.arena, 1), 0); /* it has died there */
    assert_int_equal(lab_housekeep(rig.arena, LAB_LCORE_ANY, 1000, &cleaned), 0);
    assert_true(cleaned >= 1000);
    assert_int_equal(lab_housekeep(rig.arena, LCORES, 1, NULL), -EINVAL);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_came_zeroed_needs_no_memset),
        cmocka_unit_test(what_is_dirty_is_zeroed_by_who_asks),
        cmocka_unit_test(housekeeping_makes_them_ready),
        cmocka_unit_test(between_a_quarter_and_half_there_is_nothing_to_clean),
        cmocka_unit_test(only_what_was_used_is_cleaned),
        cmocka_unit_test(zeros_are_zeros_in_every_sequence),
        cmocka_unit_test(two_do_not_clean_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
