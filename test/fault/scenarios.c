/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "../unit/unit.h"

#include "fault.h"
#include <lab_os.h>
#include <lab_page.h>
#include <lab_pool.h>
#include <lab_region.h>
#include <stdio.h>
#include <string.h>

static int run_region_of(const struct scenario *scenario, const char *share,
                         struct lab_error *error)
{
    const struct lab_region_options options = {LAB_PAGE_2M + 1, 0,
                                               (enum lab_pages)scenario->variant, share};
    const struct lab_region untouched = {.address = (void *)0x5a5a, .bytes = 1, .node = 2};
    struct lab_region region = untouched;
    int err = lab_region_create(&options, &region, error);

    if (err) {
        assert_memory_equal(&region, &untouched, sizeof(region));
        return err;
    }
    memset(region.address, 1, options.bytes);
    while (lab_region_destroy(&region))
        assert_non_null(region.address);
    assert_null(region.address);
    return 0;
}

static int run_region(const struct scenario *scenario, struct lab_error *error)
{
    return run_region_of(scenario, NULL, error);
}

static int run_shared_region(const struct scenario *scenario, struct lab_error *error)
{
    char name[32]; /* of one process: others may run this, too */

    snprintf(name, sizeof(name), "walk-%d", (int)getpid());
    return run_region_of(scenario, name, error);
}

static int run_pool(const struct scenario *scenario, struct lab_error *error)
{
    const struct lab_pool_options options = {.name = "walk",
                                             .count = 1023,
                                             .buffer_bytes = 2048,
                                             .node = LAB_NODE_ANY,
                                             .pages = (enum lab_pages)scenario->variant};
    struct lab_pool *untouched = (struct lab_pool *)0x5a5a, *pool = untouched;
    int err = lab_pool_create(&options, &pool, error);
    void *buffer;

    if (err) {
        assert_ptr_equal(pool, untouched);
        return err;
    }
    assert_int_equal(lab_pool_get(pool, LAB_LCORE_ANY, &buffer), 0);
    assert_int_equal(lab_pool_destroy(pool), -EBUSY);
    assert_int_equal(lab_pool_put(pool, LAB_LCORE_ANY, buffer), 0);
    while (lab_pool_destroy(pool))
        ;
    return 0;
}

static int run_arena(const struct scenario *scenario, struct lab_error *error)
{
    const struct lab_arena_zone zone = {.bytes = 2 * LAB_PAGE_2M,
                                        .reserve_bytes = LAB_PAGE_2M,
                                        .node = LAB_NODE_ANY,
                                        .pages = (enum lab_pages)scenario->variant};
    const struct lab_arena_zone zones[2] = {zone, zone};
    const struct lab_arena_options options = {.name = "walk", .zone = zones, .zones = 2};
    struct lab_arena *untouched = (struct lab_arena *)0x5a5a, *arena = untouched;
    int err = lab_arena_create(&options, &arena, error);
    void *page;

    if (err) {
        assert_ptr_equal(arena, untouched);
        return err;
    }
    assert_int_equal(lab_page_alloc(arena, LAB_LCORE_ANY, 2, LAB_GFP_WAIT, &page), 0);
    assert_int_equal(lab_arena_destroy(arena), -EBUSY);
    assert_int_equal(lab_page_free(arena, LAB_LCORE_ANY, page, 2), 0);
    while (lab_arena_destroy(arena))
        ;
    return 0;
}

static int run_arena_that_grows(const struct scenario *scenario, struct lab_error *error)
{
    const struct lab_arena_zone zone = {
        .bytes = LAB_PAGE_2M, .node = LAB_NODE_ANY, .pages = (enum lab_pages)scenario->variant};
    struct lab_arena_zone zones[2] = {zone, zone};
    const struct lab_arena_options options = {.name = "walk", .zone = zones, .zones = 2};
    struct lab_arena *arena;
    void *page;
    int err;

    zones[1].later = true;
    err = lab_arena_create(&options, &arena, error);
    if (err)
        return err;
    err = lab_arena_grow(arena, error);
    assert_int_equal(lab_arena_present(arena), err ? 1 : 2);
    assert_int_equal(lab_page_alloc(arena, LAB_LCORE_ANY, 2, LAB_GFP_NOWAIT, &page), 0);
    assert_int_equal(lab_page_free(arena, LAB_LCORE_ANY, page, 2), 0);
    while (lab_arena_destroy(arena))
        ;
    return err;
}

static int run_pool_on_pages(const struct scenario *scenario, struct lab_error *error)
{
    const struct lab_arena_zone zone = {
        .bytes = 2 * LAB_PAGE_2M, .node = LAB_NODE_ANY, .pages = (enum lab_pages)scenario->variant};
    const struct lab_arena_options of = {.name = "walk", .zone = &zone, .zones = 1};
    struct lab_pool_options options = {.name = "walk",
                                       .count = 1023,
                                       .buffer_bytes = 2048,
                                       .node = LAB_NODE_ANY,
                                       .pages = (enum lab_pages)scenario->variant};
    struct lab_pool *untouched = (struct lab_pool *)0x5a5a, *pool = untouched;
    int err = lab_arena_create(&of, &options.arena, error);

    if (err)
        return err;
    err = lab_pool_create(&options, &pool, error);
    if (err)
        assert_ptr_equal(pool, untouched);
    else
        while (lab_pool_destroy(pool))
            assert_int_equal(lab_pool_count(pool), 1023);
    while (lab_arena_destroy(options.arena))
        ;
    return err;
}

/* A new object with a set-up is a run_object() above and a row per variant here. */
const struct scenario scenarios[] = {
    {"region of any pages", run_region, LAB_PAGES_ANY, true},
    {"region of 1 GiB pages", run_region, LAB_PAGES_1G, false},
    {"region of 2 MiB pages", run_region, LAB_PAGES_2M, false},
    {"region of transparent huge pages", run_region, LAB_PAGES_THP, false},
    {"region of ordinary pages", run_region, LAB_PAGES_NORMAL, false},
    {"shared region of any pages", run_shared_region, LAB_PAGES_ANY, true},
    {"shared region of 2 MiB pages", run_shared_region, LAB_PAGES_2M, false},
    {"shared region of ordinary pages", run_shared_region, LAB_PAGES_NORMAL, false},
    {"pool on any pages", run_pool, LAB_PAGES_ANY, true},
    {"pool on 2 MiB pages", run_pool, LAB_PAGES_2M, false},
    {"pool on ordinary pages", run_pool, LAB_PAGES_NORMAL, false},
    {"pool on an arena of ordinary pages", run_pool_on_pages, LAB_PAGES_NORMAL, false},
    {"arena on any pages", run_arena, LAB_PAGES_ANY, true},
    {"arena on ordinary pages", run_arena, LAB_PAGES_NORMAL, false},
    {"arena that grows by any pages", run_arena_that_grows, LAB_PAGES_ANY, true},
    {"arena that grows by ordinary pages", run_arena_that_grows, LAB_PAGES_NORMAL, false},
};
const size_t scenario_count = sizeof(scenarios) / sizeof(*scenarios);
