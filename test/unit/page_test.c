/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"

/* Arenas: what they are made from, requests and their flags, zones and their order. */

static void wrong_options_are_named(void **state)
{
    static const struct lab_arena_zone good = {.bytes = 8 * MIB, .node = LAB_NODE_ANY};
    struct lab_arena_zone zone[9];
    struct lab_arena_options options[13];
    struct lab_arena *untouched = (void *)0x5a5a, *arena = untouched;
    struct lab_error error;
    size_t bytes = 7;

    for (int i = 0; i < 9; i++)
        zone[i] = good;
    for (int i = 0; i < 13; i++)
        options[i] = (struct lab_arena_options){
            .name = "unit", .zone = &zone[i < 9 ? i : 0], .zones = 1, .lcores = 2};
    zone[0].bytes = 0;
    zone[1].bytes = (size_t)16 << 40;
    zone[2].reserve_bytes = 8 * MIB;
    zone[3].reserve_runs_bytes = 8 * MIB - 1;
    zone[4].reserve_bytes = zone[4].reserve_runs_bytes = 4 * MIB;
    zone[5].reserve_bytes = SIZE_MAX;
    zone[6].watermark[LAB_PAGE_MIN] = 5;
    zone[7].watermark[LAB_PAGE_LOW] = 5;
    zone[8].watermark[LAB_PAGE_HIGH] = 4 * BLOCK + 1;
    options[9].name = "";
    options[10].name = "a name of more than twenty-three characters";
    options[11].lcores = 255;
    options[12].zones = 17;
    for (int i = 0; i < 13; i++) {
        int rc = i == 1 ? -EOVERFLOW : -EINVAL;

        memset(&error, 0, sizeof(error));
        assert_int_equal(lab_arena_footprint(&options[i], &bytes, &error), rc);
        assert_int_equal(error.code, rc);
        assert_true(strlen(error.message) > 10);
        assert_int_equal(lab_arena_init(NULL, &options[i], &arena, NULL), rc);
        assert_int_equal(lab_arena_create(&options[i], &arena, NULL), rc);
    }
    assert_int_equal(bytes, 7);
    assert_ptr_equal(arena, untouched);
}

static void an_arena_on_memory_of_its_own(void **state)
{
    struct lab_arena_zone zone[2] = {
        {.bytes = 3 * MIB, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL},
        {.bytes = 4 * MIB, .reserve_bytes = 1, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL},
    };
    struct lab_arena_options options = {.name = "own", .zone = zone, .zones = 2};
    struct lab_error error = {0};
    struct lab_arena *arena;
    void *page, *pages[100];

    assert_int_equal(lab_arena_create(&options, &arena, &error), 0);
    assert_int_equal(arena->zone[0].region.bytes, 4 * MIB);
    assert_int_equal(arena->zone[0].made_of, LAB_PAGES_NORMAL);
    assert_int_equal(lab_page_alloc(arena, LAB_LCORE_ANY, 3, LAB_GFP_WAIT, &page), 0);
    memset(page, 1, 8 * LAB_PAGE_BYTES);
    assert_int_equal(lab_arena_destroy(arena), -EBUSY);
    assert_int_equal(lab_page_free(arena, LAB_LCORE_ANY, page, 3), 0);
    /* Pages that rest in a deque, public or not, are held by nobody. */
    assert_int_equal(lab_page_alloc_bulk(arena, 0, 0, LAB_GFP_WAIT, pages, 100), 0);
    assert_int_equal(lab_page_free_bulk(arena, 0, 0, pages, 100, NULL), 0);
    assert_int_equal(lab_arena_destroy(arena), 0);
    assert_int_equal(lab_arena_destroy(NULL), 0);
    zone[0].memory = &zone;
    assert_int_equal(lab_arena_create(&options, &arena, &error), -EINVAL);
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
    static const unsigned nonsense[] = {0,
                                        LAB_GFP_ATOMIC | LAB_GFP_NOWAIT,
                                        LAB_GFP_ATOMIC | LAB_GFP_WAIT,
                                        LAB_GFP_NOWAIT | LAB_GFP_WAIT,
                                        LAB_GFP_CLASSES,
                                        LAB_GFP_ZERO,
                                        LAB_GFP_EXCLUSIVE | LAB_GFP_NOWARN,
                                        LAB_GFP_ATOMIC | 1u << 6,
                                        LAB_GFP_WAIT | 1u << 31};
    struct arena_rig rig;
    void *untouched = &rig, *pages[2] = {untouched, untouched}, *page;
    struct lab_page_why why;
    unsigned done = 9;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 4 * MIB});
    for (unsigned i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
        assert_int_equal(lab_page_alloc(rig.arena, 0, 0, nonsense[i], pages), -EINVAL);
        assert_int_equal(lab_page_alloc_bulk(rig.arena, 0, 1, nonsense[i], pages, 2), -EINVAL);
        assert_int_equal(lab_page_why(rig.arena, 0, 0, nonsense[i], &why), -EINVAL);
    }
    assert_int_equal(lab_page_alloc(rig.arena, LCORES, 0, LAB_GFP_ATOMIC, pages), -EINVAL);
    assert_int_equal(lab_page_alloc(rig.arena, 0, LAB_PAGE_ORDERS, LAB_GFP_ATOMIC, pages), -EINVAL);
    assert_int_equal(
        lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_WAIT, pages, LAB_PAGE_BULK_MAX + 1), -EINVAL);
    assert_ptr_equal(pages[0], untouched);

    assert_int_equal(lab_page_alloc(rig.arena, 0, 2, LAB_GFP_NOWAIT, &page), 0);
    assert_int_equal(lab_page_free(rig.arena, 0, (char *)page + 1, 0), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, 0, (char *)page + LAB_PAGE_BYTES, 2), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, 0, &rig, 0), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, 0, NULL, 2), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, LCORES, page, 2), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, 0, page, LAB_PAGE_ORDERS), -EINVAL);
    assert_int_equal(lab_page_free(rig.arena, 0, page, 1), -ERANGE);
    assert_int_equal(lab_page_free(rig.arena, 0, page, 3), -ERANGE);
    pages[0] = page;
    pages[1] = page;
    assert_int_equal(lab_page_free_bulk(rig.arena, 0, 2, pages, 2, &done), -ENOENT);
    assert_int_equal(done, 1);
    assert_int_equal(lab_arena_sweep(rig.arena, LCORES), -EINVAL);
    assert_int_equal(lab_arena_sweep(rig.arena, 0), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void every_order_and_bulk_to_the_end_and_back(void **state)
{
    static void *pages[4 * BLOCK];
    struct arena_rig rig;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 8 * MIB, .watermark = {0, 0, 1}});
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        unsigned n = drain(rig.arena, order % LCORES, order, LAB_GFP_NOWAIT, pages);

        assert_int_equal(n << order, 4 * BLOCK);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal((uintptr_t)pages[i] % (LAB_PAGE_BYTES << order), 0);
        put_all(rig.arena, LAB_LCORE_ANY, order, pages, n);
        expect_arena_free(rig.arena);

        /* All or nothing. */
        n = 0;
        while (lab_page_alloc_bulk(rig.arena, LAB_LCORE_ANY, order, LAB_GFP_WAIT, pages + n, 3) ==
               0)
            n += 3;
        assert_true(((n + 3) << order) > 4 * BLOCK);
        assert_int_equal(lab_level_exact(&rig.arena->zone[0].level), n << order);
        assert_int_equal(lab_page_free_bulk(rig.arena, 1, order, pages, n, NULL), 0);
        expect_arena_free(rig.arena);
    }
    arena_rig_unmake(&rig);
}

static void zones_are_tried_in_order(void **state)
{
    static const struct lab_arena_zone zone[RIG_ZONES] = {
        {.bytes = 2 * MIB, .node = 1, .watermark = {0, 0, 1}},
        {.bytes = 2 * MIB, .node = 0, .watermark = {0, 0, 1}},
        {.bytes = 2 * MIB, .node = 1, .watermark = {0, 0, 1}},
    };
    static const struct {
        uint32_t lcore;
        int node;
        uint32_t order[RIG_ZONES];
    } expected[] = {{LAB_LCORE_ANY, LAB_NODE_ANY, {0, 2, 1}},
                    {0, LAB_NODE_ANY, {0, 2, 1}},
                    {1, 0, {1, 0, 2}},
                    {2, 1, {0, 2, 1}}};
    struct arena_rig rig;
    void *pages[RIG_ZONES + 1];

    arena_rig_make(&rig, (struct lab_arena_options){.zone = zone, .zones = RIG_ZONES});
    assert_int_equal(lab_arena_prefer(rig.arena, 0, 2), -ENOENT);
    assert_int_equal(lab_arena_prefer(rig.arena, LCORES, 0), -EINVAL);
    for (unsigned i = 0; i < 4; i++) {
        uint32_t lcore = expected[i].lcore;

        if (expected[i].node != LAB_NODE_ANY)
            assert_int_equal(lab_arena_prefer(rig.arena, lcore, expected[i].node), 0);
        assert_int_equal(drain(rig.arena, lcore, 9, LAB_GFP_ATOMIC, pages), RIG_ZONES);
        for (unsigned k = 0; k < RIG_ZONES; k++) {
            uint32_t in;

            (void)part_of(rig.arena, pages[k], &in);
            assert_int_equal(in, expected[i].order[k]);
        }
        put_all(rig.arena, lcore, 9, pages, RIG_ZONES);
    }
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void zero_and_exclusive_memory_is_zero(void **state)
{
    struct arena_rig rig;
    void *page;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 4 * MIB});
    for (unsigned order = 0; order < 7; order++)
        for (unsigned flag = LAB_GFP_ZERO; flag <= LAB_GFP_EXCLUSIVE; flag *= 2) {
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_ATOMIC, &page), 0);
            memset(page, 0xff, LAB_PAGE_BYTES << order);
            assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_ATOMIC | flag, &page), 0);
            for (size_t i = 0; i < LAB_PAGE_BYTES << order; i++)
                assert_int_equal(((char *)page)[i], 0);
            assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
        }
    arena_rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(an_arena_on_memory_of_its_own),
        cmocka_unit_test(nonsense_is_refused_and_changes_nothing),
        cmocka_unit_test(every_order_and_bulk_to_the_end_and_back),
        cmocka_unit_test(zones_are_tried_in_order),
        cmocka_unit_test(zero_and_exclusive_memory_is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
