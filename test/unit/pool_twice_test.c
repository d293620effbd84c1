/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A put made twice, in a pool without an audit: one object is wrong, all others stay. */

#include "pool_rig.h"
#include <lab_pool_core.h>

enum { COUNT = 255, RESERVE = 20 };

static struct rig make(enum kind kind, uint32_t reserve)
{
    struct lab_pool_options options = plain_options(kind, COUNT);
    struct rig rig;

    options.reserve = reserve;
    rig_make(&rig, &options);
    if (kind == OBJECTS)
        rig_put_by(&rig, LAB_LCORE_ANY, rig.objects, COUNT, 32);
    return rig;
}

/* Gets one after the other until there is no more. Every object comes, and none but `wrong` comes
 * more than once. */
static void all_but_one_are_right(struct rig *rig, const void *wrong, uint32_t lcore)
{
    static unsigned times[COUNT];
    void *object;

    memset(times, 0, sizeof(times));
    for (unsigned n = 0; lab_pool_get_atomic(rig->pool, lcore, &object) == 0; n++) {
        uint32_t index;

        assert_true(n < 2 * COUNT);
        assert_int_equal(lab_pool_index(rig->pool, object, &index), 0);
        times[index]++;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_in_range(times[i], 1, lab_pool_object(rig->pool, i) == wrong ? 2 : 1);
}

static void unmake(struct rig *rig)
{
    if (rig->memory == NULL) {
        struct lab_region region = rig->pool->region;

        assert_int_equal(lab_region_destroy(&region), 0);
    }
    free(rig->memory);
    free(rig->object_memory);
    free(rig->objects);
    free(rig->is_free);
    free(rig->is_held);
}

static uint64_t twice(const struct rig *rig, uint32_t lcore)
{
    struct lab_pool_lcore_stats stats;

    assert_int_equal(lab_pool_lcore_stats(rig->pool, lcore, &stats), 0);
    return stats.counter[LAB_POOL_PUT_TWICE];
}

/* Of each place: the first put by one, the second by another, others are put in between. */
static void through_the_stack_and_the_deques(void **state)
{
    static const uint32_t lcores[] = {LAB_LCORE_ANY, 0, 1};

    for (unsigned way = 0; way < 2 * 3 * 3 * 2; way++) {
        uint32_t first = lcores[way % 3], second = lcores[way / 3 % 3];
        struct rig rig = make(way % 2 ? OBJECTS : BUFFERS, 0);
        void *objects[100];

        assert_int_equal(lab_pool_get_bulk(rig.pool, first, objects, 100), 0);
        assert_int_equal(lab_pool_put(rig.pool, first, objects[7]), 0);
        if (way >= 18)
            assert_int_equal(lab_pool_put_bulk(rig.pool, first, objects + 50, 50), 0);
        (void)lab_pool_put(rig.pool, second, objects[7]);
        if (first == LAB_LCORE_ANY && second == LAB_LCORE_ANY)
            assert_int_equal(twice(&rig, second), 1);
        assert_int_equal(lab_pool_put_bulk(rig.pool, second, objects, 7), 0);
        assert_int_equal(lab_pool_put_bulk(rig.pool, first, objects + 8, way >= 18 ? 42 : 92), 0);
        all_but_one_are_right(&rig, objects[7], second);
        unmake(&rig);
    }
}

static void in_one_burst(void **state)
{
    for (unsigned way = 0; way < 2; way++) {
        uint32_t lcore = way ? LAB_LCORE_ANY : 0;
        struct rig rig = make(BUFFERS, 0);
        void *objects[4];

        assert_int_equal(lab_pool_get_bulk(rig.pool, lcore, objects, 3), 0);
        objects[3] = objects[1];
        (void)lab_pool_put_bulk(rig.pool, lcore, objects, 4);
        all_but_one_are_right(&rig, objects[1], lcore);
        unmake(&rig);
    }
}

/* More than its deque holds: what does not fit goes to the stack. */
static void again_and_again(void **state)
{
    struct rig rig = make(BUFFERS, 0);
    void *object;

    assert_int_equal(lab_pool_get(rig.pool, LAB_LCORE_ANY, &object), 0);
    for (unsigned i = 0; i < 10 * COUNT; i++)
        (void)lab_pool_put(rig.pool, LAB_LCORE_ANY, object);
    assert_int_equal(lab_pool_count(rig.pool), COUNT);
    all_but_one_are_right(&rig, object, LAB_LCORE_ANY);
    unmake(&rig);
}

/* While others of the reserve are held, and while none is. */
static void into_the_reserve(void **state)
{
    for (unsigned way = 0; way < 4; way++) {
        struct rig rig = make(way % 2 ? OBJECTS : BUFFERS, RESERVE);
        uint32_t lcore = way / 2 ? LAB_LCORE_ANY : 0;
        void *all[COUNT], *wrong = NULL;
        struct lab_pool_stats stats;

        assert_int_equal(lab_pool_get_bulk_atomic(rig.pool, lcore, all, COUNT), 0);
        for (unsigned i = 0; wrong == NULL; i++)
            if (lab_pool_is_reserve(rig.pool, all[i])) {
                wrong = all[i];
                all[i] = all[COUNT - 1];
            }
        (void)lab_pool_put(rig.pool, lcore, wrong);
        (void)lab_pool_put(rig.pool, lcore, wrong);
        assert_int_equal(twice(&rig, lcore), 1);
        (void)lab_pool_put_bulk(rig.pool, lcore, all, COUNT - 1);
        lab_pool_stats(rig.pool, &stats);
        assert_int_equal(stats.reserve, RESERVE);
        assert_false(lab_pool_reserve_is_held(rig.pool));
        (void)lab_pool_put(rig.pool, lcore, wrong);
        all_but_one_are_right(&rig, wrong, lcore);
        unmake(&rig);
    }
}

/* A get of more than fits one piece gathers in a stack of its own, over the same links. */
static void a_large_get_of_what_was_put_twice(void **state)
{
    enum { MANY = 3000 };
    struct lab_pool_options options = plain_options(BUFFERS, MANY);
    static void *objects[MANY + 1];
    struct rig rig;

    rig_make(&rig, &options);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 0, objects, MANY), 0);
    (void)lab_pool_put(rig.pool, 0, objects[0]);
    (void)lab_pool_put(rig.pool, LAB_LCORE_ANY, objects[0]);
    assert_int_equal(lab_pool_put_bulk(rig.pool, LAB_LCORE_ANY, objects + 1, MANY - 1), 0);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 1, objects, MANY), 0);
    for (unsigned i = 0; i < MANY; i++) {
        uint32_t index;

        assert_int_equal(lab_pool_index(rig.pool, objects[i], &index), 0);
        assert_false(rig.is_held[index]);
        rig.is_held[index] = true;
    }
    unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(through_the_stack_and_the_deques),
        cmocka_unit_test(in_one_burst),
        cmocka_unit_test(again_and_again),
        cmocka_unit_test(into_the_reserve),
        cmocka_unit_test(a_large_get_of_what_was_put_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
