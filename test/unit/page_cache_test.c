/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"
#include <lab_arena_cache.h>

/* The deques in front: what they keep, and that nothing in them is lost to those who starve. */

enum { BLOCKS = 8, PAGES = BLOCKS * BLOCK };

static void *pages[PAGES], *more[PAGES];

static void make(struct arena_rig *rig, struct lab_arena_options options)
{
    static const struct lab_arena_zone zone = {.bytes = BLOCKS * 2 * MIB, .watermark = {0, 0, 1}};

    options.zone = &zone;
    options.zones = 1;
    arena_rig_make(rig, options);
}

static struct lab_page_why why(struct lab_arena *arena, uint32_t lcore, unsigned order,
                               unsigned gfp)
{
    struct lab_page_why why;

    assert_int_equal(lab_page_why(arena, lcore, order, gfp, &why), 0);
    return why;
}

static int64_t pages_out(const struct lab_arena *arena)
{
    return lab_level_exact(&arena->zone[0].level);
}

static void what_was_put_last_is_got_first_and_costs_the_zone_nothing(void **state)
{
    struct arena_rig rig;
    void *page, *again;
    int64_t out;

    make(&rig, (struct lab_arena_options){.cached_orders = 1u << 3});
    for (unsigned order = 0; order <= 3; order += 3) {
        assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_ATOMIC, &page), 0);
        out = pages_out(rig.arena);
        for (int i = 0; i < 5; i++) {
            assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
            assert_int_equal(lab_page_alloc(rig.arena, 1, order, LAB_GFP_NOWAIT, &again), 0);
            assert_ptr_equal(again, page);
            assert_int_equal(pages_out(rig.arena), out);
        }
        assert_int_equal(lab_page_free(rig.arena, 1, page, order), 0);
    }
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void a_wrong_order_does_not_get_into_a_deque(void **state)
{
    struct arena_rig rig;
    void *page, *half;

    make(&rig, (struct lab_arena_options){.cached_orders = 0x3ff});
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        assert_int_equal(lab_page_alloc(rig.arena, 0, order, LAB_GFP_ATOMIC, &page), 0);
        half = (char *)page + (LAB_PAGE_BYTES << order) / 2;
        for (unsigned wrong = 0; wrong < LAB_PAGE_ORDERS; wrong++) {
            bool fits = (uintptr_t)page % (LAB_PAGE_BYTES << wrong) == 0;

            if (wrong != order)
                assert_int_equal(lab_page_free(rig.arena, 0, page, wrong),
                                 fits ? -ERANGE : -EINVAL);
        }
        assert_int_equal(lab_page_free(rig.arena, 0, half, 0), order > 0 ? -ERANGE : -EINVAL);
        assert_int_equal(lab_page_free(rig.arena, 0, page, order), 0);
    }
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void a_full_deque_gives_back_to_the_zone(void **state)
{
    struct arena_rig rig;
    unsigned n;

    make(&rig, (struct lab_arena_options){.caches = 1});
    n = drain(rig.arena, LAB_LCORE_ANY, 0, LAB_GFP_ATOMIC | LAB_GFP_NOWARN, pages);
    assert_int_equal(n, PAGES);
    lab_deque_set_end_shortage_any(&rig.arena->set, lab_deque_set_shortage(&rig.arena->set));
    put_all(rig.arena, 0, 0, pages, n);
    assert_in_range(pages_out(rig.arena), 1, rig.arena->array[LAB_PAGE_PLAIN].capacity);
    /* An lcore that comes late has no deque, and works all the same. */
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 1, 0, LAB_GFP_ATOMIC, pages, 300), 0);
    assert_int_equal(lab_page_free_bulk(rig.arena, 1, 0, pages, 300, NULL), 0);
    assert_null(rig.arena->array[LAB_PAGE_PLAIN].deque[2].slots);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* All pages are held but those in the deque of lcore 0, which are more than its private part;
 * returns how many these are. */
static unsigned hide(struct lab_arena *arena)
{
    unsigned n = drain(arena, LAB_LCORE_ANY, 0, LAB_GFP_ATOMIC, pages);
    unsigned hidden = arena->array[LAB_PAGE_PLAIN].capacity * 3 / 4;

    assert_int_equal(n, PAGES);
    lab_deque_set_end_shortage_any(&arena->set, lab_deque_set_shortage(&arena->set));
    put_all(arena, 0, 0, pages + n - hidden, hidden);
    assert_int_equal(pages_out(arena), PAGES);
    return hidden;
}

/* Not the first alone, and not only where gets failed more often than the last time. */
static void each_shortage_empties_the_deques(void **state)
{
    struct arena_rig rig;

    make(&rig, (struct lab_arena_options){.caches = 1});
    for (int shortage = 0; shortage < 3; shortage++) {
        unsigned held = PAGES - hide(rig.arena);
        unsigned n = drain(rig.arena, 1, 0, LAB_GFP_NOWAIT | LAB_GFP_NOWARN, more);
        struct lab_page_cache_map left;

        assert_true(lab_deque_set_shortage(&rig.arena->set) != 0);
        assert_int_equal(lab_page_free(rig.arena, 0, pages[--held], 0), 0);
        left = lab_arena_cache_count(rig.arena, 0, LAB_PAGE_PLAIN, LAB_DEQUE_SET_ANY,
                                     LAB_ARENA_ZONES_MAX);
        assert_int_equal(left.private_parts + left.public_parts, 0);
        put_all(rig.arena, LAB_LCORE_ANY, 0, pages, held);
        put_all(rig.arena, LAB_LCORE_ANY, 0, more, n);
        expect_arena_free(rig.arena);
    }
    arena_rig_unmake(&rig);
}

static void atomic_requests_get_what_is_public_and_say_where_the_rest_is(void **state)
{
    struct arena_rig rig;
    struct lab_page_why reason;
    unsigned hidden, got;

    make(&rig, (struct lab_arena_options){.caches = 1});
    if (rig.arena->set.barrier == LAB_BARRIER_FENCE) {
        arena_rig_unmake(&rig);
        skip_because("no membarrier here: no private part is out of reach");
    }
    hidden = hide(rig.arena);
    assert_int_equal(why(rig.arena, 1, 0, LAB_GFP_ATOMIC).reason, LAB_PAGE_WOULD_SUCCEED);
    got = drain(rig.arena, 1, 0, LAB_GFP_ATOMIC, more);
    assert_in_range(got, 1, hidden - 1);
    reason = why(rig.arena, 1, 0, LAB_GFP_ATOMIC);
    assert_int_equal(reason.reason, LAB_PAGE_CACHED);
    assert_int_equal(reason.cached, hidden - got);
    assert_int_equal(why(rig.arena, 0, 0, LAB_GFP_ATOMIC).reason, LAB_PAGE_WOULD_SUCCEED);

    /* The owner's next put brings everything back. */
    assert_int_equal(lab_page_free(rig.arena, 0, pages[0], 0), 0);
    assert_int_equal(drain(rig.arena, 1, 0, LAB_GFP_ATOMIC, more + got), hidden - got + 1);
    put_all(rig.arena, 1, 0, more, hidden + 1);
    put_all(rig.arena, 2, 0, pages + 1, PAGES - hidden - 1);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* A caller that may wait gets what those who never wait do not: all of it, in one call. */
static void housekeeping_brings_what_is_out_of_reach(void **state)
{
    struct arena_rig rig;
    uint64_t before;
    unsigned hidden;

    make(&rig, (struct lab_arena_options){.caches = 1});
    hidden = hide(rig.arena);
    before = lab_page_sequence(rig.arena);
    assert_int_equal(lab_page_alloc(rig.arena, 1, 9, LAB_GFP_ATOMIC, more), -ENOMEM);
    assert_true(lab_page_sequence(rig.arena) > before); /* time to keep house */
    assert_int_equal(lab_housekeep(rig.arena, LAB_LCORE_ANY, 0, NULL), 0);
    assert_int_equal(pages_out(rig.arena), PAGES - hidden);
    assert_int_equal(drain(rig.arena, 1, 0, LAB_GFP_ATOMIC, more), hidden);
    put_all(rig.arena, 1, 0, more, hidden);
    put_all(rig.arena, 2, 0, pages, PAGES - hidden);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* Without a sweep only those that may wait get at it. */
static void the_sweep_gives_back_what_the_dead_had_in_their_deques(void **state)
{
    struct arena_rig rig;
    unsigned hidden;

    make(&rig, (struct lab_arena_options){.caches = 1});
    hidden = hide(rig.arena);
    assert_int_equal(lab_arena_sweep(rig.arena, 0), 0);
    assert_int_equal(pages_out(rig.arena), PAGES - hidden);
    assert_int_equal(drain(rig.arena, 1, 0, LAB_GFP_ATOMIC, more), hidden);
    /* Its successor has the id, and the deque. */
    lab_deque_set_end_shortage_any(&rig.arena->set, lab_deque_set_shortage(&rig.arena->set));
    put_all(rig.arena, 0, 0, more, hidden);
    assert_int_equal(drain(rig.arena, 0, 0, LAB_GFP_ATOMIC, more), hidden);
    put_all(rig.arena, 1, 0, more, hidden);
    put_all(rig.arena, 2, 0, pages, PAGES - hidden);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* It was killed in a pop, when others had just made public what it wanted. */
static void nothing_is_lost_that_the_successor_of_the_dead_puts(void **state)
{
    struct arena_rig rig;
    struct lab_deque *deque;
    unsigned hidden;

    make(&rig, (struct lab_arena_options){.caches = 1});
    hidden = hide(rig.arena);
    (void)lab_arena_cache_revoke(rig.arena, LAB_DEQUE_SET_ANY);
    lab_arena_cache_drain(rig.arena, LAB_LCORE_ANY);
    (void)lab_arena_cache_revoke(rig.arena, LAB_DEQUE_SET_ANY);
    deque = rig.arena->lcore[1].deque[LAB_PAGE_PLAIN][0];
    lab_store_relaxed(&deque->bot, lab_load_relaxed(&deque->bot) - 8);
    assert_int_equal(lab_arena_sweep(rig.arena, 0), 0);
    assert_int_equal(pages_out(rig.arena), PAGES - hidden);
    lab_deque_set_end_shortage_any(&rig.arena->set, lab_deque_set_shortage(&rig.arena->set));
    assert_int_equal(lab_page_free_bulk(rig.arena, 0, 0, pages, 4, NULL), 0);
    assert_int_equal(lab_deque_count_any(deque, NULL), 4);
    put_all(rig.arena, 0, 0, pages + 4, PAGES - hidden - 4);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void waiting_requests_get_everything(void **state)
{
    struct arena_rig rig;
    unsigned hidden;

    for (uint32_t lcore = 1; lcore <= LCORES; lcore += LCORES - 1) {
        make(&rig, (struct lab_arena_options){.caches = 2});
        hidden = hide(rig.arena);
        assert_int_equal(
            drain(rig.arena, lcore < LCORES ? lcore : LAB_LCORE_ANY, 0, LAB_GFP_WAIT, more),
            hidden);
        put_all(rig.arena, 3, 0, more, hidden);
        put_all(rig.arena, 2, 0, pages, PAGES - hidden);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

static void where_owners_fence_every_request_gets_everything(void **state)
{
    static const unsigned classes[] = {LAB_GFP_ATOMIC, LAB_GFP_NOWAIT, LAB_GFP_WAIT};
    struct arena_rig rig;
    unsigned hidden;

    for (int i = 0; i < 3; i++) {
        make(&rig, (struct lab_arena_options){.fenced = true});
        hidden = hide(rig.arena);
        assert_int_equal(drain(rig.arena, 1, 0, classes[i], more), hidden);
        assert_int_equal(why(rig.arena, 1, 0, classes[i]).reason, LAB_PAGE_EMPTY);
        put_all(rig.arena, 1, 0, more, hidden);
        put_all(rig.arena, 2, 0, pages, PAGES - hidden);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

static void deques_give_way_to_larger_orders(void **state)
{
    struct arena_rig rig;
    unsigned n;

    make(&rig, (struct lab_arena_options){.cached_orders = 1u << 2});
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages, 100), 0);
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 1, 2, LAB_GFP_ATOMIC, more, 4), 0);
    assert_int_equal(lab_page_free_bulk(rig.arena, 0, 0, pages, 100, NULL), 0);
    assert_int_equal(lab_page_free_bulk(rig.arena, 1, 2, more, 4, NULL), 0);
    assert_true(pages_out(rig.arena) > 0);
    n = drain(rig.arena, 2, 9, LAB_GFP_WAIT, pages);
    assert_int_equal(n, BLOCKS);
    put_all(rig.arena, 2, 9, pages, n);
    assert_int_equal(pages_out(rig.arena), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* While a zone is low, deques hold nothing back from it; when that is over they are used again. */
static void under_pressure_puts_go_to_the_zone(void **state)
{
    static const struct lab_arena_zone zone = {.bytes = BLOCKS * 2 * MIB,
                                               .watermark = {100, 200, 300}};
    struct arena_rig rig;
    unsigned n;

    arena_rig_make_one(&rig, zone);
    n = drain(rig.arena, 0, 0, LAB_GFP_NOWAIT, pages);
    assert_int_equal(n, PAGES - 200);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, &pages[n++]), 0);
    for (unsigned i = 0; i < 150; i++) {
        assert_int_equal(lab_page_free(rig.arena, 0, pages[--n], 0), 0);
        assert_int_equal(pages_out(rig.arena), n);
    }
    /* No pressure, and after as many puts as show that nobody starves: */
    for (unsigned i = 0; i < 512; i++)
        assert_int_equal(lab_page_free(rig.arena, 0, pages[--n], 0), 0);
    assert_true(pages_out(rig.arena) > n);
    put_all(rig.arena, 0, 0, pages, n);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void an_lcore_keeps_only_pages_of_its_own_zone(void **state)
{
    static const struct lab_arena_zone zone[2] = {
        {.bytes = 4 * MIB, .node = 0, .watermark = {0, 0, 1}},
        {.bytes = 4 * MIB, .node = 1, .watermark = {0, 0, 1}}};
    struct arena_rig rig;
    void *near, *far;

    arena_rig_make(&rig, (struct lab_arena_options){.zone = zone, .zones = 2});
    assert_int_equal(lab_arena_prefer(rig.arena, 1, 1), 0);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, &near), 0);
    assert_int_equal(lab_page_alloc(rig.arena, 1, 0, LAB_GFP_ATOMIC, &far), 0);
    assert_int_equal(lab_page_free(rig.arena, 0, far, 0), 0);
    assert_int_equal(lab_page_free(rig.arena, 1, near, 0), 0);
    for (int i = 0; i < 200; i++) {
        uint32_t in;

        assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, &pages[i]), 0);
        (void)part_of(rig.arena, pages[i], &in);
        assert_int_equal(in, 0);
    }
    put_all(rig.arena, 1, 0, pages, 200);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

/* Not even when the one it steals from went over to another zone after it had looked. */
static void what_is_stolen_of_another_zone_is_not_kept(void **state)
{
    static const struct lab_arena_zone zone[2] = {
        {.bytes = 4 * MIB, .node = 0, .watermark = {0, 0, 1}},
        {.bytes = 4 * MIB, .node = 1, .watermark = {0, 0, 1}}};
    enum { FAR = 4 };

    for (int kind = 0; kind < LAB_PAGE_KINDS; kind++) {
        unsigned gfp = LAB_GFP_ATOMIC | (kind == LAB_PAGE_CLEAN ? LAB_GFP_ZERO : 0);
        struct arena_rig rig;
        struct lab_deque *deque;
        void *page;

        arena_rig_make(&rig, (struct lab_arena_options){.zone = zone, .zones = 2, .caches = 3});
        assert_int_equal(lab_page_alloc(rig.arena, 1, 0, gfp, &page), 0);
        assert_int_equal(lab_page_free(rig.arena, 1, page, 0), 0);
        lab_arena_cache_flush(rig.arena, 2);
        assert_int_equal(lab_arena_prefer(rig.arena, 2, 1), 0);
        assert_int_equal(lab_page_alloc_bulk(rig.arena, 2, 0, LAB_GFP_ATOMIC, pages, FAR), 0);
        deque = rig.arena->lcore[2].deque[kind][0];
        assert_true(lab_deque_push_slow_owner(deque, pages, FAR, true));

        assert_int_equal(lab_page_alloc(rig.arena, 0, 0, gfp, &page), 0);
        assert_ptr_equal(page, pages[0]);
        assert_int_equal(lab_deque_count_any(deque, NULL), 0);
        for (int own = 0; own < LAB_PAGE_KINDS; own++)
            assert_int_equal(lab_deque_count_any(rig.arena->lcore[1].deque[own][0], NULL), 0);
        assert_int_equal(lab_page_free(rig.arena, 0, page, 0), 0);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_last_is_got_first_and_costs_the_zone_nothing),
        cmocka_unit_test(a_wrong_order_does_not_get_into_a_deque),
        cmocka_unit_test(a_full_deque_gives_back_to_the_zone),
        cmocka_unit_test(each_shortage_empties_the_deques),
        cmocka_unit_test(atomic_requests_get_what_is_public_and_say_where_the_rest_is),
        cmocka_unit_test(housekeeping_brings_what_is_out_of_reach),
        cmocka_unit_test(the_sweep_gives_back_what_the_dead_had_in_their_deques),
        cmocka_unit_test(nothing_is_lost_that_the_successor_of_the_dead_puts),
        cmocka_unit_test(waiting_requests_get_everything),
        cmocka_unit_test(where_owners_fence_every_request_gets_everything),
        cmocka_unit_test(deques_give_way_to_larger_orders),
        cmocka_unit_test(under_pressure_puts_go_to_the_zone),
        cmocka_unit_test(an_lcore_keeps_only_pages_of_its_own_zone),
        cmocka_unit_test(what_is_stolen_of_another_zone_is_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
