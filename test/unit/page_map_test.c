/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"

/* An arena's report of itself, the cost of its metadata, and the locks of its pages. */

static void only_the_holder_unlocks(void **state)
{
    struct arena_rig rig;
    struct lab_page_map map;
    void *page;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 2 * MIB});
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, &page), 0);
    for (uint32_t i = 0; i <= LCORES; i++) {
        uint32_t lcore = i < LCORES ? i : LAB_LCORE_ANY;

        assert_int_equal(lab_page_unlock(rig.arena, lcore, page), -EPERM);
        assert_int_equal(lab_page_trylock(rig.arena, lcore, page), 0);
        for (uint32_t other = 0; other <= LCORES; other++) {
            uint32_t who = other < LCORES ? other : LAB_LCORE_ANY;

            assert_int_equal(lab_page_trylock(rig.arena, who, page), -EBUSY);
            if (other != i)
                assert_int_equal(lab_page_unlock(rig.arena, who, page), -EPERM);
        }
        assert_int_equal(lab_page_unlock(rig.arena, lcore, page), 0);
    }
    assert_int_equal(lab_page_trylock(rig.arena, LCORES, page), -EINVAL);
    assert_int_equal(lab_page_trylock(rig.arena, 0, (char *)page + 1), -EINVAL);
    assert_int_equal(lab_page_unlock(rig.arena, 0, &rig), -EINVAL);

    /* One that died unlocks no more. */
    assert_int_equal(lab_page_trylock(rig.arena, 2, page), 0);
    assert_int_equal(lab_arena_sweep(rig.arena, 1), 0);
    assert_int_equal(lab_page_trylock(rig.arena, 1, page), -EBUSY);
    assert_int_equal(lab_page_map(rig.arena, 0, &map), 0);
    assert_int_equal(map.locked, 1);
    assert_int_equal(lab_arena_sweep(rig.arena, 2), 0);
    assert_int_equal(lab_page_trylock(rig.arena, 1, page), 0);
    assert_int_equal(lab_page_unlock(rig.arena, 1, page), 0);
    assert_int_equal(lab_page_free(rig.arena, 0, page, 0), 0);
    arena_rig_unmake(&rig);
}

static void the_map_shows_runs_blocks_watermarks_and_reserves(void **state)
{
    static const struct lab_arena_zone zone = {.bytes = 8 * MIB,
                                               .node = 3,
                                               .reserve_bytes = 2 * MIB,
                                               .zeroed = true,
                                               .watermark = {10, 20, 30}};
    struct lab_page_map map;
    struct arena_rig rig;
    void *block, *run;

    arena_rig_make_one(&rig, zone);
    assert_int_equal(lab_page_map(rig.arena, 1, &map), -ENOENT);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 9, LAB_GFP_NOWAIT, &block), 0);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 3, LAB_GFP_NOWAIT, &run), 0);
    assert_int_equal(lab_page_map(rig.arena, 0, &map), 0);
    assert_int_equal(map.node, 3);
    assert_int_equal(map.made_of, LAB_PAGES_ANY);
    assert_int_equal(map.part[LAB_PAGE_COMMON].pages, 3 * BLOCK);
    assert_int_equal(map.part[LAB_PAGE_COMMON].free_pages, 2 * BLOCK - 8);
    assert_int_equal(map.part[LAB_PAGE_COMMON].blocks_full, 1);
    assert_int_equal(map.part[LAB_PAGE_COMMON].blocks_mixed, 1);
    assert_int_equal(map.part[LAB_PAGE_COMMON].blocks_free, 1);
    assert_int_equal(map.part[LAB_PAGE_COMMON].largest, 9);
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++)
        assert_int_equal(map.part[LAB_PAGE_COMMON].runs[order], order >= 3);
    assert_int_equal(map.part[LAB_PAGE_RESERVE_SINGLES].free_pages, BLOCK);
    assert_int_equal(map.part[LAB_PAGE_RESERVE_RUNS].pages, 0);
    assert_int_equal(map.watermark[LAB_PAGE_LOW], 20);
    assert_int_equal(map.level, 2 * BLOCK - 8);
    assert_int_equal(map.clean, 3 * BLOCK - 8);
    assert_int_equal(map.pressure, LAB_PRESSURE_NONE);
    assert_int_equal(lab_page_free(rig.arena, 0, block, 9), 0);
    assert_int_equal(lab_page_free(rig.arena, 0, run, 3), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void the_map_shows_what_deques_hold(void **state)
{
    struct lab_page_map map;
    struct arena_rig rig;
    void *pages[50];
    uint64_t cached;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 16 * MIB});
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 1, 0, LAB_GFP_NOWAIT, pages, 50), 0);
    assert_int_equal(lab_page_free_bulk(rig.arena, 1, 0, pages, 50, NULL), 0);
    assert_int_equal(lab_page_map(rig.arena, 0, &map), 0);
    cached = map.cache[0][LAB_PAGE_PLAIN].private_parts +
             map.cache[0][LAB_PAGE_PLAIN].public_parts +
             map.cache[0][LAB_PAGE_CLEAN].private_parts + map.cache[0][LAB_PAGE_CLEAN].public_parts;
    assert_true(map.cache[0][LAB_PAGE_PLAIN].private_parts > 0);
    assert_int_equal(cached, 8 * BLOCK - map.level);
    assert_int_equal(map.part[LAB_PAGE_COMMON].free_pages, map.level);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* With as many lcores as there can be by default, and with few. */
static void metadata_is_a_thousandth_at_most(void **state)
{
    for (size_t gib = 1; gib <= 1024; gib *= 2) {
        const struct lab_arena_zone zone = {
            .bytes = gib << 30, .reserve_bytes = 64 * MIB, .reserve_runs_bytes = 64 * MIB};
        struct lab_arena_options options = {.name = "unit", .zone = &zone, .zones = 1};
        size_t bytes;

        assert_int_equal(lab_arena_footprint(&options, &bytes, NULL), 0);
        if (bytes > (gib << 30) / 1000)
            fail_msg("%zu GiB: %zu bytes", gib, bytes);
        options.cached_orders = 0x3fe;
        assert_int_equal(lab_arena_footprint(&options, &bytes, NULL), 0);
        if (gib > 1 && bytes > (gib << 30) / 1000)
            fail_msg("%zu GiB, all orders cached: %zu bytes", gib, bytes);
    }
    for (size_t mib = 64; mib <= 1024; mib *= 2) {
        const struct lab_arena_zone zone = {.bytes = mib * MIB};
        struct lab_arena_options options = {.name = "unit", .zone = &zone, .zones = 1, .lcores = 4};
        size_t bytes;

        assert_int_equal(lab_arena_footprint(&options, &bytes, NULL), 0);
        if (bytes > mib * MIB / 1000)
            fail_msg("%zu MiB: %zu bytes", mib, bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_holder_unlocks),
        cmocka_unit_test(the_map_shows_runs_blocks_watermarks_and_reserves),
        cmocka_unit_test(the_map_shows_what_deques_hold),
        cmocka_unit_test(metadata_is_a_thousandth_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
