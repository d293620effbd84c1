/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"

/* A program that polls sees that a pool comes near its end. */

enum { COUNT = 300, RESERVE = 40, LOW = 100, HIGH = 200 };

static void make(struct rig *rig, enum kind kind, uint32_t reserve, uint32_t low, uint32_t high)
{
    struct lab_pool_options options = plain_options(kind, COUNT);

    options.reserve = reserve;
    options.low = low;
    options.high = high;
    rig_make(rig, &options);
    if (kind == OBJECTS)
        rig_put_by(rig, 0, rig->objects, COUNT, 32);
}

static struct lab_pool_events events_of(const struct rig *rig)
{
    struct lab_pool_events events;

    lab_pool_events(rig->pool, &events);
    return events;
}

static void expect_counts(const struct rig *rig, uint64_t below_low, uint64_t emptied,
                          uint64_t above_high)
{
    struct lab_pool_events events = events_of(rig);

    assert_int_equal(events.count[LAB_BELOW_LOW], below_low);
    assert_int_equal(events.count[LAB_BELOW_MIN], emptied);
    assert_int_equal(events.count[LAB_ABOVE_HIGH], above_high);
    assert_int_equal(lab_pool_sequence(rig->pool), below_low + emptied + above_high);
}

static unsigned get_all(struct rig *rig, uint32_t lcore, bool atomic, void **ret_objects)
{
    unsigned n = 0;

    while ((atomic ? lab_pool_get_atomic(rig->pool, lcore, &ret_objects[n])
                   : lab_pool_get(rig->pool, lcore, &ret_objects[n])) == 0)
        n++;
    return n;
}

static void put_all(struct rig *rig, uint32_t lcore, void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(lab_pool_put(rig->pool, lcore, objects[i]), 0);
}

static void wrong_watermarks_are_named(void **state)
{
    static const uint32_t wrong[][3] = {
        {0, COUNT, 0}, {RESERVE, RESERVE - 1, 0}, {0, 10, 10}, {0, 10, COUNT + 1}, {RESERVE, 0, 40},
    };
    struct lab_error error;
    size_t bytes = 7;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct lab_pool_options options = plain_options(OBJECTS, COUNT);

        options.reserve = wrong[i][0];
        options.low = wrong[i][1];
        options.high = wrong[i][2];
        assert_int_equal(lab_pool_footprint(&options, &bytes, &error), -EINVAL);
        assert_non_null(strstr(error.message, "watermark"));
    }
    assert_int_equal(bytes, 7);
}

static void watermarks_that_nobody_names(void **state)
{
    struct rig rig;

    make(&rig, BUFFERS, RESERVE, 0, 0);
    assert_int_equal(events_of(&rig).low, RESERVE);
    assert_int_equal(events_of(&rig).high, RESERVE + (COUNT - RESERVE) / 8);
    rig_unmake(&rig);
    make(&rig, BUFFERS, 0, 0, 0);
    assert_int_equal(events_of(&rig).low, 0);
    assert_int_equal(events_of(&rig).high, COUNT / 8);
    rig_unmake(&rig);
}

/* By one lcore, by one without an id, and by others than those that got. */
static void a_reserve_that_is_reached_and_left_again(void **state)
{
    static const uint32_t lcores[][2] = {{0, 0}, {0, 1}, {LAB_LCORE_ANY, 1}, {0, LAB_LCORE_ANY}};

    for (int i = 0; i < 8; i++) {
        uint32_t getter = lcores[i / 2][0], putter = lcores[i / 2][1];
        void *objects[COUNT];
        struct rig rig;
        unsigned n;

        make(&rig, i % 2 == 0 ? BUFFERS : OBJECTS, RESERVE, 0, 0);
        expect_counts(&rig, 0, 0, 0);
        n = get_all(&rig, getter, false, objects);
        assert_int_equal(n, COUNT - RESERVE);
        expect_counts(&rig, 1, 0, 0); /* the get that failed was the one that saw it */
        assert_int_equal(events_of(&rig).pressure, LAB_PRESSURE_LOW);
        n += get_all(&rig, getter, true, objects + n);
        assert_int_equal(n, COUNT);
        expect_counts(&rig, 1, 1, 0);
        assert_int_equal(events_of(&rig).pressure, LAB_PRESSURE_MIN);
        put_all(&rig, putter, objects, n);
        expect_counts(&rig, 1, 1, 1);
        assert_int_equal(events_of(&rig).pressure, LAB_PRESSURE_NONE);
        rig_unmake(&rig);
    }
}

/* The receive path alone, so that no get ever fails. */
static void the_first_object_of_the_reserve_is_reported(void **state)
{
    void *objects[COUNT];
    struct rig rig;

    make(&rig, BUFFERS, RESERVE, 0, 0);
    assert_int_equal(lab_pool_get_bulk_atomic(rig.pool, 0, objects, COUNT - RESERVE - 1), 0);
    expect_counts(&rig, 0, 0, 0);
    assert_int_equal(lab_pool_get_bulk_atomic(rig.pool, 0, objects + COUNT - RESERVE - 1, 2), 0);
    expect_counts(&rig, 1, 0, 0);
    put_all(&rig, 0, objects, COUNT - RESERVE + 1);
    expect_counts(&rig, 1, 0, 1);
    rig_unmake(&rig);
}

static void between_low_and_high_nobody_is_told_twice(void **state)
{
    void *objects[COUNT];
    struct rig rig;

    make(&rig, BUFFERS, 0, LOW, HIGH);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 0, objects, COUNT - LOW), 0);
    assert_int_equal(lab_pool_pressure(rig.pool), LAB_PRESSURE_LOW);
    expect_counts(&rig, 1, 0, 0);
    for (unsigned n = LOW; n < HIGH - 1; n++) {
        assert_int_equal(lab_pool_put(rig.pool, 0, objects[n - LOW]), 0);
        assert_int_equal(lab_pool_pressure(rig.pool), LAB_PRESSURE_LOW);
    }
    expect_counts(&rig, 1, 0, 0);
    assert_int_equal(lab_pool_put(rig.pool, 0, objects[HIGH - 1 - LOW]), 0);
    assert_int_equal(lab_pool_pressure(rig.pool), LAB_PRESSURE_NONE);
    expect_counts(&rig, 1, 0, 1);
    assert_int_equal(lab_pool_get(rig.pool, 0, &objects[0]), 0);
    assert_int_equal(lab_pool_pressure(rig.pool), LAB_PRESSURE_NONE);
    expect_counts(&rig, 1, 0, 1);
    put_all(&rig, 0, objects + HIGH - LOW, COUNT - HIGH);
    assert_int_equal(lab_pool_put(rig.pool, 0, objects[0]), 0);
    rig_unmake(&rig);
}

/* Without anybody watching, by slow gets alone: late by some refills, and no later. */
static void a_mark_above_the_reserve_is_noticed_by_refills(void **state)
{
    void *objects[COUNT];
    struct rig rig;
    unsigned n = 0;

    make(&rig, OBJECTS, 0, COUNT - 20, COUNT - 10);
    while (n < COUNT - 1) /* from another's deque */
        assert_int_equal(lab_pool_get(rig.pool, 1, &objects[n++]), 0);
    assert_int_equal(events_of(&rig).count[LAB_BELOW_LOW], 1);
    put_all(&rig, 0, objects, n);
    rig_unmake(&rig);
}

static void events_and_pressures_have_names(void **state)
{
    for (int i = 0; i < LAB_CROSSINGS; i++)
        assert_non_null(lab_pool_crossing_name((enum lab_crossing)i));
    assert_null(lab_pool_crossing_name(LAB_CROSSINGS));
    assert_string_equal(lab_pool_pressure_name(LAB_PRESSURE_MIN), "empty");
    assert_null(lab_pool_pressure_name((enum lab_pressure)(LAB_PRESSURE_MIN + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_watermarks_are_named),
        cmocka_unit_test(watermarks_that_nobody_names),
        cmocka_unit_test(a_reserve_that_is_reached_and_left_again),
        cmocka_unit_test(the_first_object_of_the_reserve_is_reported),
        cmocka_unit_test(between_low_and_high_nobody_is_told_twice),
        cmocka_unit_test(a_mark_above_the_reserve_is_noticed_by_refills),
        cmocka_unit_test(events_and_pressures_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
