/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "buddy.h"
#include "cmocka_first.h"
#include "mix.h"

#define PAGES (4 * LAB_BLOCK_PAGES)
#define HELD_MAX PAGES

static struct {
    bool taken[PAGES];
    struct {
        uint32_t page;
        unsigned order;
    } held[HELD_MAX];
    unsigned n;
    uint32_t free_pages;
} world;

static void get(struct buddy *buddy, unsigned order)
{
    uint32_t page;

    if (!buddy_get(buddy, order, &page))
        return;
    assert_int_equal(page % (1u << order), 0);
    for (uint32_t i = page; i < page + (1u << order); i++) {
        assert_true(i < PAGES && !world.taken[i]);
        world.taken[i] = true;
    }
    world.held[world.n].page = page;
    world.held[world.n++].order = order;
    world.free_pages -= 1u << order;
}

static void put(struct buddy *buddy, unsigned i)
{
    uint32_t page = world.held[i].page;
    unsigned order = world.held[i].order;

    buddy_put(buddy, page, order);
    for (uint32_t j = page; j < page + (1u << order); j++)
        world.taken[j] = false;
    world.held[i] = world.held[--world.n];
    world.free_pages += 1u << order;
}

static void test_nothing_twice_and_all_comes_back(void **state)
{
    struct buddy *buddy = buddy_create(PAGES);
    struct mix_state numbers = mix_seed(1);
    uint32_t page;

    assert_non_null(buddy);
    world.free_pages = PAGES;
    for (unsigned i = 0; i < 200000; i++) {
        if (world.n == 0 || mix_below(&numbers, 2) == 0)
            get(buddy, mix_order(MIX_PAGES, &numbers));
        else
            put(buddy, mix_below(&numbers, world.n));
        assert_int_equal(buddy_free_pages(buddy), world.free_pages);
    }
    while (world.n > 0)
        put(buddy, 0);
    for (unsigned i = 0; i < PAGES / LAB_BLOCK_PAGES; i++)
        assert_true(buddy_get(buddy, LAB_PAGE_ORDERS - 1, &page));
    assert_false(buddy_get(buddy, 0, &page));
    buddy_destroy(buddy);
}

/* The pages that are given back last are got first, and a run that is larger is cut at its
 * beginning. */
static void test_order_of_service(void **state)
{
    struct buddy *buddy = buddy_create(PAGES);
    uint32_t a, b, c;

    assert_non_null(buddy);
    assert_true(buddy_get(buddy, 0, &a));
    assert_true(buddy_get(buddy, 0, &b));
    assert_true(buddy_get(buddy, 0, &c));
    assert_int_equal(a, 0);
    assert_int_equal(b, 1);
    assert_int_equal(c, 2);
    buddy_put(buddy, a, 0);
    assert_true(buddy_get(buddy, 0, &c));
    assert_int_equal(c, a);
    buddy_destroy(buddy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_twice_and_all_comes_back),
        cmocka_unit_test(test_order_of_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
