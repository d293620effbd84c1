/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Zones that are mapped only when they are needed. */

#include "arena_rig.h"
#include <pthread.h>

enum { ZONES = 3, ZONE_BLOCKS = 2, THREADS = 4 };

/* Pages in one of the zones, and in all. */
enum { PAGES = ZONE_BLOCKS * BLOCK, ALL = ZONES * PAGES };

static void *pages[ALL];

static struct lab_arena *make(int last_node)
{
    struct lab_arena_zone zone[ZONES];
    const struct lab_arena_options options = {
        .name = "later", .zone = zone, .zones = ZONES, .lcores = LCORES};
    struct lab_error error = {0};
    struct lab_arena *arena;

    for (int i = 0; i < ZONES; i++)
        zone[i] = (struct lab_arena_zone){.bytes = ZONE_BLOCKS * 2 * MIB,
                                          .node = i == ZONES - 1 ? last_node : LAB_NODE_ANY,
                                          .pages = LAB_PAGES_NORMAL,
                                          .later = i > 0,
                                          .watermark = {0, 0, 1}};
    if (lab_arena_create(&options, &arena, &error) != 0)
        fail_msg("%s", error.message);
    return arena;
}

static enum lab_page_reason reason_of(const struct lab_arena *arena, unsigned gfp)
{
    struct lab_page_why why;

    assert_int_equal(lab_page_why(arena, 0, 0, gfp, &why), 0);
    return why.reason;
}

static uint64_t mapped(const struct lab_arena *arena, uint32_t zone)
{
    struct lab_page_events events;

    assert_int_equal(lab_page_events(arena, zone, &events), 0);
    return events.count[LAB_PAGE_MAPPED];
}

static void wrong_options_are_named(void **state)
{
    static char memory[1];
    struct lab_arena_zone zone[3] = {{.bytes = 2 * MIB}, {.bytes = 2 * MIB}, {.bytes = 2 * MIB}};
    const struct lab_arena_options options = {
        .name = "later", .zone = zone, .zones = 3, .lcores = 2};
    struct lab_arena *untouched = (void *)0x5a5a, *arena = untouched;
    struct lab_error error = {0};
    size_t bytes;

    zone[0].later = true;
    assert_int_equal(lab_arena_create(&options, &arena, &error), -EINVAL);
    assert_non_null(strstr(error.message, "first zone"));
    zone[0].later = false;
    zone[1].later = true;
    assert_int_equal(lab_arena_create(&options, &arena, &error), -EINVAL);
    assert_non_null(strstr(error.message, "zone 2"));
    zone[2].later = true;
    assert_int_equal(lab_arena_footprint(&options, &bytes, &error), 0);
    zone[0].memory = (void *)(2 * MIB);
    assert_int_equal(
        lab_arena_init((void *)((uintptr_t)memory & ~(uintptr_t)63), &options, &arena, &error),
        -EINVAL);
    assert_non_null(strstr(error.message, "zone 1"));
    assert_ptr_equal(arena, untouched);
}

/* NOWAIT and ATOMIC never map, WAIT does, one zone at a time, and then the memory is everybody's.
 */
static void whoever_may_wait_has_zones_mapped(void **state)
{
    struct lab_arena *arena = make(LAB_NODE_ANY);
    struct lab_page_map map;
    struct lab_error error;
    uint64_t before;
    unsigned n;

    assert_int_equal(lab_arena_present(arena), 1);
    assert_int_equal(lab_page_map(arena, 1, &map), -ENOENT);
    n = drain(arena, 0, 0, LAB_GFP_NOWAIT | LAB_GFP_NOWARN, pages);
    assert_int_equal(n, PAGES);
    assert_int_equal(lab_page_alloc(arena, 0, 0, LAB_GFP_ATOMIC | LAB_GFP_NOWARN, &pages[n]),
                     -ENOMEM);
    assert_int_equal(reason_of(arena, LAB_GFP_WAIT), LAB_PAGE_EMPTY);
    assert_int_equal(lab_arena_present(arena), 1);

    before = lab_page_sequence(arena);
    assert_int_equal(lab_page_alloc(arena, 0, 0, LAB_GFP_WAIT, &pages[n++]), 0);
    assert_int_equal(lab_arena_present(arena), 2);
    assert_int_equal(mapped(arena, 1), 1);
    assert_true(lab_page_sequence(arena) > before);
    *(uint64_t *)pages[n - 1] = 1; /* it is memory */
    n += drain(arena, 1, 0, LAB_GFP_ATOMIC | LAB_GFP_NOWARN, pages + n);
    assert_int_equal(n, 2 * PAGES);

    assert_int_equal(lab_arena_grow(arena, &error), 0);
    n += drain(arena, LAB_LCORE_ANY, 0, LAB_GFP_WAIT, pages + n);
    assert_int_equal(n, ALL);
    assert_int_equal(lab_arena_grow(arena, &error), -ENOSPC);
    assert_int_equal(reason_of(arena, LAB_GFP_WAIT), LAB_PAGE_EMPTY);

    assert_int_equal(lab_arena_destroy(arena), -EBUSY);
    put_all(arena, 2, 0, pages, n);
    expect_arena_free(arena);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

/* No more than is needed, all or nothing. */
static void a_bulk_maps_as_many_as_it_takes(void **state)
{
    struct lab_arena *arena = make(LAB_NODE_ANY);

    assert_int_equal(lab_page_alloc_bulk(arena, 0, 9, LAB_GFP_WAIT, pages, 2), 0);
    assert_int_equal(lab_arena_present(arena), 1);
    assert_int_equal(lab_page_alloc_bulk(arena, 0, 9, LAB_GFP_WAIT, pages + 2, 3), 0);
    assert_int_equal(lab_arena_present(arena), 3);
    assert_int_equal(lab_page_alloc_bulk(arena, 0, 9, LAB_GFP_WAIT, pages + 5, 2), -ENOMEM);
    put_all(arena, 0, 9, pages, 5);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

static void what_cannot_be_mapped_is_a_failure_that_changes_nothing(void **state)
{
    struct lab_arena *arena = make(1000);
    struct lab_error error = {0};
    unsigned n;

    n = drain(arena, 0, 9, LAB_GFP_WAIT, pages);
    assert_int_equal(n, 2 * ZONE_BLOCKS);
    assert_int_equal(lab_arena_present(arena), 2);
    assert_int_equal(lab_arena_grow(arena, &error), -EINVAL);
    assert_non_null(strstr(error.message, "zone 2: there is no NUMA node 1000"));
    put_all(arena, 0, 9, pages, n);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

static void *take_blocks(void *argument)
{
    struct lab_arena *arena = argument;
    void *page;
    uintptr_t n = 0;

    while (lab_page_alloc(arena, LAB_LCORE_ANY, 9, LAB_GFP_WAIT, &page) == 0) {
        memset(page, 1, 64);
        n++;
    }
    return (void *)n;
}

static void of_many_who_need_it_one_maps_each_zone(void **state)
{
    struct lab_arena *arena = make(LAB_NODE_ANY);
    pthread_t thread[THREADS];
    uintptr_t sum = 0;
    void *n;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, take_blocks, arena), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &n), 0);
        sum += (uintptr_t)n;
    }
    assert_int_equal(sum, ZONES * ZONE_BLOCKS);
    for (uint32_t zone = 1; zone < ZONES; zone++)
        assert_int_equal(mapped(arena, zone), 1);
    for (uint32_t zone = 0; zone < ZONES; zone++)
        for (size_t block = 0; block < ZONE_BLOCKS; block++)
            assert_int_equal(
                lab_page_free(arena, LAB_LCORE_ANY, arena->zone[zone].base + block * 2 * MIB, 9),
                0);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(whoever_may_wait_has_zones_mapped),
        cmocka_unit_test(a_bulk_maps_as_many_as_it_takes),
        cmocka_unit_test(what_cannot_be_mapped_is_a_failure_that_changes_nothing),
        cmocka_unit_test(of_many_who_need_it_one_maps_each_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
