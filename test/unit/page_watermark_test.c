/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "arena_rig.h"

/* Watermarks, the reserve, their events, and the reasons of failures: all through the public
 * calls. */

enum { MIN = 20, LOW = 50, HIGH = 90 };

/* Two blocks for all, one of each reserve. */
static const struct lab_arena_zone marked = {.bytes = 8 * MIB,
                                             .reserve_bytes = 2 * MIB,
                                             .reserve_runs_bytes = 2 * MIB,
                                             .watermark = {MIN, LOW, HIGH}};
enum { COMMON = 2 * BLOCK };

static void *pages[4 * BLOCK];

static struct lab_page_why why(struct lab_arena *arena, unsigned order, unsigned gfp)
{
    struct lab_page_why why;

    assert_int_equal(lab_page_why(arena, 0, order, gfp, &why), 0);
    return why;
}

static uint64_t events(struct lab_arena *arena, enum lab_page_event event)
{
    struct lab_page_events events;

    assert_int_equal(lab_page_events(arena, 0, &events), 0);
    return events.count[event];
}

static enum lab_pressure pressure(struct lab_arena *arena)
{
    struct lab_page_events events;

    assert_int_equal(lab_page_events(arena, 0, &events), 0);
    return events.pressure;
}

static void each_class_stops_where_it_should(void **state)
{
    for (unsigned order = 0; order < 5; order++) {
        struct arena_rig rig;
        unsigned reserve = BLOCK >> order, n, more, most;
        uint32_t zone;

        arena_rig_make_one(&rig, marked);
        n = drain(rig.arena, 0, order, LAB_GFP_NOWAIT, pages);
        assert_int_equal(n, (COMMON - LOW) >> order);
        assert_int_equal(why(rig.arena, order, LAB_GFP_NOWAIT).reason, LAB_PAGE_AT_WATERMARK);
        more = drain(rig.arena, 1, order, LAB_GFP_WAIT, pages + n);
        assert_int_equal(n + more, (COMMON - MIN) >> order);
        assert_int_equal(why(rig.arena, order, LAB_GFP_WAIT).reason, LAB_PAGE_AT_WATERMARK);
        for (unsigned i = 0; i < n + more; i++)
            assert_int_equal(part_of(rig.arena, pages[i], &zone), LAB_PAGE_COMMON);
        assert_int_equal(events(rig.arena, LAB_PAGE_RESERVE), 0);

        most = n + more + drain(rig.arena, 2, order, LAB_GFP_ATOMIC, pages + n + more);
        assert_int_equal(most, (COMMON >> order) + reserve);
        for (unsigned i = COMMON >> order; i < most; i++)
            assert_int_equal(part_of(rig.arena, pages[i], &zone),
                             order == 0 ? LAB_PAGE_RESERVE_SINGLES : LAB_PAGE_RESERVE_RUNS);
        assert_int_equal(events(rig.arena, LAB_PAGE_RESERVE), reserve);
        assert_int_equal(why(rig.arena, order, LAB_GFP_ATOMIC).reason, LAB_PAGE_EMPTY);
        put_all(rig.arena, 3, order, pages, most);
        expect_arena_free(rig.arena);
        arena_rig_unmake(&rig);
    }
}

static void what_the_reserve_gave_goes_back_to_it_first(void **state)
{
    struct arena_rig rig;
    void *again;
    uint32_t zone;
    unsigned n;

    arena_rig_make_one(&rig, marked);
    n = drain(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages);
    assert_int_equal(n, COMMON + BLOCK);
    assert_int_equal(lab_page_free(rig.arena, 1, pages[n - 1], 0), 0);
    /* It serves none but those for whom it is. */
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_NOWAIT, &again), -ENOMEM);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_WAIT, &again), -ENOMEM);
    assert_int_equal(lab_page_alloc(rig.arena, 2, 0, LAB_GFP_ATOMIC, &again), 0);
    assert_ptr_equal(again, pages[n - 1]);
    assert_int_equal(part_of(rig.arena, again, &zone), LAB_PAGE_RESERVE_SINGLES);
    /* Single pages have no part in what is kept for larger ones, nor the other way round. */
    assert_int_equal(drain(rig.arena, 0, 1, LAB_GFP_ATOMIC, pages + n), BLOCK / 2);
    put_all(rig.arena, 0, 1, pages + n, BLOCK / 2);
    put_all(rig.arena, 0, 0, pages, n);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void a_bulk_takes_from_all_parts_or_none(void **state)
{
    struct arena_rig rig;
    unsigned n;

    arena_rig_make_one(&rig, marked);
    n = drain(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages);
    put_all(rig.arena, 0, 0, pages + n - 10, 10); /* of the reserve */
    put_all(rig.arena, 0, 0, pages, 10);          /* of the rest */
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_NOWAIT, pages, 1), -ENOMEM);
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages + n, 21), -ENOMEM);
    assert_int_equal(lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages + n, 20), 0);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages), -ENOMEM);
    put_all(rig.arena, 0, 0, pages + n, 20);
    put_all(rig.arena, 0, 0, pages + 10, n - 20);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void crossings_are_events(void **state)
{
    struct arena_rig rig;
    uint64_t before;
    unsigned n;

    arena_rig_make_one(&rig, marked);
    before = lab_page_sequence(rig.arena);
    for (n = 0; n < COMMON - LOW; n++)
        assert_int_equal(lab_page_alloc(rig.arena, n % LCORES, 0, LAB_GFP_ATOMIC, &pages[n]), 0);
    assert_int_equal(lab_page_sequence(rig.arena), before);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_NONE);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_ATOMIC, &pages[n++]), 0);
    assert_int_equal(lab_page_sequence(rig.arena), before + 1);
    assert_int_equal(events(rig.arena, LAB_PAGE_BELOW_LOW), 1);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_LOW);

    /* To and fro over the low watermark is no second event: it takes the high watermark to end the
     * pressure. */
    put_all(rig.arena, 1, 0, pages + COMMON - HIGH + 1, n - (COMMON - HIGH + 1));
    n = COMMON - HIGH + 1;
    assert_int_equal(lab_page_sequence(rig.arena), before + 1);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_LOW);
    assert_int_equal(lab_page_free(rig.arena, 1, pages[--n], 0), 0);
    assert_int_equal(events(rig.arena, LAB_PAGE_ABOVE_HIGH), 1);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_NONE);

    /* At once below min: both events. */
    assert_int_equal(
        lab_page_alloc_bulk(rig.arena, 0, 0, LAB_GFP_ATOMIC, pages + n, HIGH - MIN + 1), 0);
    n += HIGH - MIN + 1;
    assert_int_equal(events(rig.arena, LAB_PAGE_BELOW_LOW), 2);
    assert_int_equal(events(rig.arena, LAB_PAGE_BELOW_MIN), 1);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_MIN);
    assert_int_equal(lab_page_sequence(rig.arena), before + 4);

    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_NOWAIT | LAB_GFP_NOWARN, &pages[n]),
                     -ENOMEM);
    assert_int_equal(lab_page_sequence(rig.arena), before + 4);
    assert_int_equal(lab_page_alloc(rig.arena, 0, 0, LAB_GFP_NOWAIT, &pages[n]), -ENOMEM);
    assert_int_equal(events(rig.arena, LAB_PAGE_FAILED), 1);
    assert_int_equal(lab_page_sequence(rig.arena), before + 5);

    put_all(rig.arena, 0, 0, pages, n);
    assert_int_equal(pressure(rig.arena), LAB_PRESSURE_NONE);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void events_have_names_and_zones_have_numbers(void **state)
{
    struct lab_page_events events;
    struct arena_rig rig;

    arena_rig_make_one(&rig, marked);
    assert_int_equal(lab_page_events(rig.arena, 1, &events), -ENOENT);
    for (int i = 0; i < LAB_PAGE_EVENTS; i++)
        assert_non_null(lab_page_event_name((enum lab_page_event)i));
    for (int i = 0; i < LAB_PAGE_REASONS; i++)
        assert_non_null(lab_page_reason_name((enum lab_page_reason)i));
    assert_null(lab_page_event_name(LAB_PAGE_EVENTS));
    assert_null(lab_page_reason_name(LAB_PAGE_REASONS));
    arena_rig_unmake(&rig);
}

static void fragmented_names_the_largest_order(void **state)
{
    struct arena_rig rig;
    struct lab_page_why reason;
    unsigned n;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 4 * MIB, .watermark = {0, 0, 1}});
    n = drain(rig.arena, 0, 3, LAB_GFP_NOWAIT, pages);
    assert_int_equal(n, COMMON >> 3);
    assert_int_equal(why(rig.arena, 0, LAB_GFP_NOWAIT).reason, LAB_PAGE_EMPTY);
    for (unsigned i = 0; i < n; i += 2)
        assert_int_equal(lab_page_free(rig.arena, 0, pages[i], 3), 0);
    reason = why(rig.arena, 4, LAB_GFP_NOWAIT);
    assert_int_equal(reason.reason, LAB_PAGE_FRAGMENTED);
    assert_int_equal(reason.largest, 3);
    assert_int_equal(reason.free, COMMON / 2);
    assert_int_equal(reason.kept, 0);
    assert_int_equal(why(rig.arena, 3, LAB_GFP_NOWAIT).reason, LAB_PAGE_WOULD_SUCCEED);
    for (unsigned i = 1; i < n; i += 2)
        assert_int_equal(lab_page_free(rig.arena, 0, pages[i], 3), 0);
    expect_arena_free(rig.arena);
    arena_rig_unmake(&rig);
}

static void watermarks_that_nobody_names_are_shares_of_the_zone(void **state)
{
    struct arena_rig rig;

    arena_rig_make_one(&rig, (struct lab_arena_zone){.bytes = 16 * MIB});
    assert_int_equal(rig.arena->zone[0].limits.min, 8 * BLOCK / 128);
    assert_int_equal(rig.arena->zone[0].limits.low, 8 * BLOCK / 64);
    assert_int_equal(rig.arena->zone[0].limits.high, 3 * 8 * BLOCK / 128);
    arena_rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_stops_where_it_should),
        cmocka_unit_test(what_the_reserve_gave_goes_back_to_it_first),
        cmocka_unit_test(a_bulk_takes_from_all_parts_or_none),
        cmocka_unit_test(crossings_are_events),
        cmocka_unit_test(events_have_names_and_zones_have_numbers),
        cmocka_unit_test(fragmented_names_the_largest_order),
        cmocka_unit_test(watermarks_that_nobody_names_are_shares_of_the_zone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
