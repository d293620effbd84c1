/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"
#include "pool_rig.h"
#include <lab_intercept.h>

/* Pools whose buffers are an arena's pages. */

static struct lab_pool_options on_pages(struct lab_arena *arena, uint32_t count, uint32_t bytes)
{
    return (struct lab_pool_options){.name = "paged",
                                     .count = count,
                                     .buffer_bytes = bytes,
                                     .lcores = LCORES,
                                     .node = LAB_NODE_ANY,
                                     .pages = LAB_PAGES_NORMAL,
                                     .arena = arena};
}

static struct lab_pool *make(struct lab_arena *arena, uint32_t count, uint32_t bytes)
{
    const struct lab_pool_options options = on_pages(arena, count, bytes);
    struct lab_error error = {0};
    struct lab_pool *pool;

    if (lab_pool_create(&options, &pool, &error) != 0)
        fail_msg("%s", error.message);
    return pool;
}

/* Creation fails with these words, and changes nothing. */
static void expect_no_pool(const struct lab_pool_options *options, int code, const char *words)
{
    struct lab_pool *untouched = (struct lab_pool *)0x5a5a, *pool = untouched;
    struct lab_error error = {0};
    struct lab_page_map before, after;

    assert_int_equal(lab_page_map(options->arena, 0, &before), 0);
    assert_int_equal(lab_pool_create(options, &pool, &error), code);
    assert_int_equal(error.code, code);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_ptr_equal(pool, untouched);
    assert_int_equal(lab_pool_create(options, &pool, NULL), code);
    assert_int_equal(lab_page_map(options->arena, 0, &after), 0);
    assert_memory_equal(after.part, before.part, sizeof(before.part));
}

static uint64_t free_pages(const struct lab_arena *arena)
{
    struct lab_page_map map;

    assert_int_equal(lab_page_map(arena, 0, &map), 0);
    return map.part[LAB_PAGE_COMMON].free_pages;
}

/* Gets all buffers and writes `letter` all over each. */
static void **hold_all(struct lab_pool *pool, uint32_t bytes, char letter)
{
    void **buffers = zeroed(pool->count * sizeof(void *));

    for (uint32_t i = 0; i < pool->count; i++) {
        assert_int_equal(lab_pool_get(pool, i % LCORES, &buffers[i]), 0);
        memset(buffers[i], letter, bytes);
    }
    assert_int_equal(lab_pool_count(pool), 0);
    return buffers;
}

/* Nobody has written over them, and the pool takes them back. */
static void put_all_back(struct lab_pool *pool, void **buffers, uint32_t bytes, char letter)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        const char *buffer = buffers[i];

        for (uint32_t at = 0; at < bytes; at++)
            assert_int_equal(buffer[at], letter);
        assert_int_equal(lab_pool_put(pool, i % LCORES, buffers[i]), 0);
    }
    assert_int_equal(lab_pool_count(pool), pool->count);
    free(buffers);
}

/* Small buffers, jumbo frames and a size that fits nothing evenly, from one memory. */
static void several_sizes_from_one_arena(void **state)
{
    static const struct {
        uint32_t count, bytes;
    } of[] = {{3000, 192}, {1000, 2176}, {200, 9216}, {5, 70001}, {2, 2 << 20}};
    enum { POOLS = sizeof(of) / sizeof(*of) };
    struct lab_arena_zone zone = {.bytes = 16 * MIB, .node = LAB_NODE_ANY};
    struct lab_pool *pool[POOLS];
    struct arena_rig rig;
    void **held[POOLS];

    (void)state;
    arena_rig_make_one(&rig, zone);
    for (int i = 0; i < POOLS; i++) {
        pool[i] = make(rig.arena, of[i].count, of[i].bytes);
        held[i] = hold_all(pool[i], of[i].bytes, (char)('a' + i));
        for (uint32_t k = 0; k < of[i].count; k++) {
            uint32_t where, index;

            assert_int_equal((uintptr_t)held[i][k] % LAB_CACHE_LINE, 0);
            (void)part_of(rig.arena, held[i][k], &where);
            assert_int_equal(lab_pool_index(pool[i], held[i][k], &index), 0);
            assert_int_equal(lab_pool_index(pool[i], (char *)held[i][k] + 64, &index), -ENOENT);
        }
    }
    for (int i = 0; i < POOLS; i++) {
        assert_int_equal(lab_pool_destroy(pool[i]), -EBUSY);
        put_all_back(pool[i], held[i], of[i].bytes, (char)('a' + i));
    }
    for (int i = 0; i < POOLS; i++)
        assert_int_equal(lab_pool_destroy(pool[i]), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* A large pool takes whole blocks, and a small one no more than it needs. */
static void takes_the_largest_runs_that_it_can_use(void **state)
{
    struct lab_arena_zone zone = {.bytes = 8 * MIB, .node = LAB_NODE_ANY, .watermark = {0, 0, 1}};
    struct arena_rig rig;
    struct lab_pool *pool;

    (void)state;
    arena_rig_make_one(&rig, zone);
    pool = make(rig.arena, 1800, 2048); /* of which 1,024 fit 2 MiB */
    assert_int_equal(pool->runs, 2);
    assert_int_equal(free_pages(rig.arena), 2 * BLOCK);
    assert_int_equal(lab_pool_destroy(pool), 0);

    pool = make(rig.arena, 1100, 2048); /* 76 are left for the second */
    assert_int_equal(pool->runs, 2);
    assert_int_equal(free_pages(rig.arena), 3 * BLOCK - 64);
    assert_int_equal(lab_pool_destroy(pool), 0);

    pool = make(rig.arena, 3, 9216); /* 28 KiB */
    assert_int_equal(free_pages(rig.arena), 4 * BLOCK - 8);
    assert_int_equal(lab_pool_destroy(pool), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* In splinters, smaller runs do, down to those that hold one buffer. */
static void makes_do_with_smaller_runs(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB, .node = LAB_NODE_ANY, .watermark = {0, 0, 1}};
    void *pair[BLOCK], **held;
    struct lab_pool_options jumbo;
    struct lab_page_events events;
    struct arena_rig rig;
    struct lab_pool *pool;

    (void)state;
    arena_rig_make_one(&rig, zone);
    assert_int_equal(drain(rig.arena, LAB_LCORE_ANY, 1, LAB_GFP_WAIT | LAB_GFP_NOWARN, pair),
                     BLOCK);
    for (int i = 1; i < BLOCK; i++)
        if (((uintptr_t)pair[i] / LAB_PAGE_BYTES / 2) % 2 == 0)
            assert_int_equal(lab_page_free(rig.arena, LAB_LCORE_ANY, pair[i], 1), 0);
    pool = make(rig.arena, 300, 2048); /* four fit 8 KiB */
    assert_int_equal(pool->runs, 75);
    held = hold_all(pool, 2048, 'x');
    put_all_back(pool, held, 2048, 'x');
    assert_int_equal(lab_page_events(rig.arena, 0, &events), 0);
    assert_int_equal(events.count[LAB_PAGE_FAILED], 0);

    jumbo = on_pages(rig.arena, 3, 9216);
    expect_no_pool(&jumbo, -ENOMEM, "no run of order 2 (16 KiB): ");
    expect_no_pool(&jumbo, -ENOMEM, "in runs of order 1 at most: make large objects first");
    assert_int_equal(lab_pool_destroy(pool), 0);
    for (int i = 0; i < BLOCK; i++)
        if (i == 0 || ((uintptr_t)pair[i] / LAB_PAGE_BYTES / 2) % 2 != 0)
            (void)lab_page_free(rig.arena, LAB_LCORE_ANY, pair[i], 1);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void says_what_was_short(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB,
                                  .reserve_runs_bytes = 2 * MIB,
                                  .node = LAB_NODE_ANY,
                                  .watermark = {BLOCK / 2, BLOCK / 2, BLOCK}};
    struct lab_pool_options options;
    struct arena_rig rig;
    struct lab_pool *pool;

    (void)state;
    arena_rig_make_one(&rig, zone); /* 2 MiB for all, of which one for ATOMIC; and as many again */
    options = on_pages(rig.arena, 300, 4096);
    expect_no_pool(&options, -ENOMEM,
                   "pool paged, after 256 of 300 buffers: arena unit has no run "
                   "of order 0 (4 KiB) to spare: of 1024 KiB free, 1024 are kept");
    options.gfp = LAB_GFP_ATOMIC;
    options.count = 600;
    assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
    options.count = 1025;
    expect_no_pool(&options, -ENOMEM,
                   "after 1024 of 1025 buffers: arena unit has no run of order 0 "
                   "(4 KiB): 0 KiB are free: make it larger, or ask for less");
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void refuses_what_makes_no_sense(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB, .node = LAB_NODE_ANY};
    struct lab_pool_options options;
    struct arena_rig rig;
    struct lab_pool *pool;
    size_t bytes = 77;

    (void)state;
    arena_rig_make_one(&rig, zone);
    options = on_pages(rig.arena, 10, 0);
    expect_no_pool(&options, -EINVAL, "buffers of 0 bytes asked for from pages");
    options = on_pages(rig.arena, 10, (2 << 20) + 1);
    expect_no_pool(&options, -EINVAL, "2097153 bytes asked for from pages, at most 2 MiB");
    options = on_pages(rig.arena, 10, 100);
    options.gfp = LAB_GFP_ATOMIC | LAB_GFP_WAIT;
    expect_no_pool(&options, -EINVAL, "request flags 0x5 make no sense");
    options.gfp = 0;
    options.shared = true;
    expect_no_pool(&options, -EINVAL, "a shared pool maps memory of its own");
    options = on_pages(rig.arena, 10, 0);
    assert_int_equal(lab_pool_footprint(&options, &bytes, NULL), -EINVAL);
    assert_int_equal(bytes, 77);

    pool = make(rig.arena, 10, 100);
    assert_int_equal(lab_pool_disown_all(pool), -EINVAL);
    assert_int_equal(lab_pool_destroy(pool), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* Zeros, where they are asked for; the memory of one pool serves the next, of another size. */
static void memory_goes_from_pool_to_pool(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB, .node = LAB_NODE_ANY, .watermark = {0, 0, 1}};
    struct lab_error error = {0};
    struct arena_rig rig;

    (void)state;
    arena_rig_make_one(&rig, zone);
    for (unsigned round = 0; round < 40; round++) {
        uint32_t bytes = 64u << round % 15;
        struct lab_pool_options options =
            on_pages(rig.arena, (uint32_t)(4 * MIB / bytes), bytes); /* all there is */
        struct lab_pool *pool;
        void **held;

        options.gfp = LAB_GFP_WAIT | (round % 2 == 0 ? LAB_GFP_ZERO : 0);
        if (lab_pool_create(&options, &pool, &error) != 0)
            fail_msg("%s", error.message);
        assert_int_equal(free_pages(rig.arena), 0);
        if (round % 2 == 0)
            for (uint32_t i = 0; i < pool->count; i++)
                for (uint32_t at = 0; at < bytes; at += 64)
                    assert_int_equal(((const char *)pool->objects[i])[at], 0);
        held = hold_all(pool, bytes, (char)round);
        put_all_back(pool, held, bytes, (char)round);
        assert_int_equal(lab_pool_destroy(pool), 0);
    }
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* The audit and poison work on such buffers, too. */
static void is_audited_like_any_other(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB, .node = LAB_NODE_ANY};
    struct lab_pool_options options;
    struct arena_rig rig;
    struct lab_pool *pool;
    void *buffer;

    (void)state;
    arena_rig_make_one(&rig, zone);
    options = on_pages(rig.arena, 1500, 2048);
    options.audit = (struct lab_audit_options){.level = LAB_AUDIT_FULL, .poison = true};
    assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
    assert_int_equal(lab_pool_get(pool, 0, &buffer), 0);
    assert_int_equal(lab_pool_put(pool, 0, (char *)buffer + 8), -EBADMSG);
    assert_int_equal(lab_pool_put(pool, 1, buffer), 0);
    assert_int_equal(lab_pool_put(pool, 1, buffer), -EBADMSG);
    assert_int_equal(lab_pool_destroy(pool), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void fit_refuses_nonsense(void **state)
{
    struct lab_arena_zone zone = {.bytes = 4 * MIB, .node = LAB_NODE_ANY};
    struct lab_error error = {0};
    struct arena_rig rig;
    unsigned order = 77;
    void *run = &rig;

    (void)state;
    arena_rig_make_one(&rig, zone);
    assert_int_equal(lab_page_fit(rig.arena, LAB_GFP_WAIT, 0, 10, &run, &order, &error), -EINVAL);
    assert_int_equal(lab_page_fit(rig.arena, LAB_GFP_WAIT, 11, 10, &run, &order, NULL), -EINVAL);
    assert_int_equal(
        lab_page_fit(rig.arena, LAB_GFP_WAIT, 2 * MIB + 1, 8 * MIB, &run, &order, &error), -EINVAL);
    assert_non_null(strstr(error.message, "2097153 bytes in one run asked for, 1 to 2097152"));
    assert_int_equal(lab_page_fit(rig.arena, 0, 1, 1, &run, &order, &error), -EINVAL);
    assert_ptr_equal(run, &rig);
    assert_int_equal(order, 77);
    assert_int_equal(lab_page_order_of(1), 0);
    assert_int_equal(lab_page_order_of(4097), 1);
    assert_int_equal(lab_page_order_of(2 * MIB), 9);
    assert_int_equal(lab_page_order_of(2 * MIB + 1), LAB_PAGE_ORDERS);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_sizes_from_one_arena),
        cmocka_unit_test(takes_the_largest_runs_that_it_can_use),
        cmocka_unit_test(makes_do_with_smaller_runs),
        cmocka_unit_test(says_what_was_short),
        cmocka_unit_test(refuses_what_makes_no_sense),
        cmocka_unit_test(memory_goes_from_pool_to_pool),
        cmocka_unit_test(is_audited_like_any_other),
        cmocka_unit_test(fit_refuses_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
