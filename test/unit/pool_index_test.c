/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"
#include <pthread.h>

/* Objects that a pool learns of when they are put, and those that are none of its. */

enum { COUNT = 200 };

static struct lab_pool_options options_for_strangers(void)
{
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);

    options.takes_strangers = true;
    return options;
}

/* A pool that knows nothing yet, and COUNT objects of rig->objects. */
static void make_open(struct rig *rig, const struct lab_pool_options *options)
{
    struct lab_error error = {0};
    size_t bytes;

    *rig = (struct rig){.objects = zeroed(ROOM_FOR(COUNT) * sizeof(void *)),
                        .is_free = zeroed(COUNT * sizeof(bool)),
                        .is_held = zeroed(COUNT * sizeof(bool))};
    assert_int_equal(lab_pool_footprint(options, &bytes, &error), 0);
    rig->memory = zeroed(bytes);
    rig->object_memory = zeroed((size_t)COUNT * OBJECT_BYTES);
    assert_int_equal(lab_pool_init(rig->memory, options, &rig->pool, &error), 0);
    for (uint32_t i = 0; i < COUNT; i++)
        rig->objects[i] = rig->object_memory + (size_t)i * OBJECT_BYTES;
    listen_from_now();
}

/* All of the objects can be had, each once. */
static void expect_all(struct rig *rig, uint32_t lcore)
{
    void *found[COUNT];

    assert_int_equal(lab_pool_count(rig->pool), COUNT);
    assert_int_equal(lab_pool_get_bulk(rig->pool, lcore, found, COUNT), 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t index;

        assert_int_equal(lab_pool_index(rig->pool, found[i], &index), 0);
        assert_false(rig->is_held[index]);
        rig->is_held[index] = true;
        assert_in_range((uintptr_t)found[i], (uintptr_t)rig->object_memory,
                        (uintptr_t)rig->object_memory + COUNT * OBJECT_BYTES - 1);
    }
    memset(rig->is_held, 0, COUNT * sizeof(bool));
    assert_int_equal(lab_pool_put_bulk(rig->pool, lcore, found, COUNT), 0);
}

static void strangers_are_adopted_when_they_are_put(void **state)
{
    static const uint32_t lcores[] = {0, LAB_LCORE_ANY};
    static const unsigned bursts[] = {1, 7, 100, COUNT};

    for (unsigned l = 0; l < 2; l++)
        for (unsigned b = 0; b < 4; b++) {
            struct lab_pool_options options = options_for_strangers();
            struct rig rig;

            make_open(&rig, &options);
            for (unsigned i = 0; i < COUNT; i += bursts[b]) {
                unsigned n = COUNT - i < bursts[b] ? COUNT - i : bursts[b];

                assert_int_not_equal(lab_load_relaxed(&rig.pool->state.intercepted), 0);
                assert_int_equal(lab_pool_put_bulk(rig.pool, lcores[l], rig.objects + i, n), 0);
            }
            assert_int_equal(lab_load_relaxed(&rig.pool->state.intercepted),
                             0); /* the hot path is open */
            expect_all(&rig, lcores[l]);
            expect_all(&rig, lcores[1 - l]);
            assert_int_equal(reported, 0);
            rig_unmake(&rig);
        }
}

static void strangers_are_adopted_under_audit(void **state)
{
    for (int level = LAB_AUDIT_SAMPLE; level <= LAB_AUDIT_FULL; level++) {
        struct lab_pool_options options = options_for_strangers();
        struct rig rig;

        options.audit.level = (enum lab_audit_level)level;
        make_open(&rig, &options);
        for (unsigned i = 0; i < COUNT; i++)
            assert_int_equal(lab_pool_put(rig.pool, LAB_LCORE_ANY, rig.objects[i]), 0);
        expect_all(&rig, 0);
        assert_int_equal(reported, 0);
        if (level == LAB_AUDIT_FULL) {
            assert_int_equal(lab_pool_put(rig.pool, 0, rig.objects[0]), -EBADMSG);
            assert_int_equal(last.fault, LAB_AUDIT_DOUBLE_FREE);
        }
        rig_unmake(&rig);
    }
}

struct part {
    struct rig *rig;
    uint32_t lcore;
};

static void *put_a_quarter(void *argument)
{
    const struct part *part = argument;

    for (unsigned i = part->lcore; i < COUNT; i += 4)
        if (lab_pool_put(part->rig->pool, part->lcore, part->rig->objects[i]) != 0)
            return argument;
    return NULL;
}

static void threads_that_put_strangers_adopt_them_in_turn(void **state)
{
    for (int round = 0; round < 20; round++) {
        struct lab_pool_options options = options_for_strangers();
        struct part part[4];
        pthread_t thread[4];
        struct rig rig;

        make_open(&rig, &options);
        for (uint32_t i = 0; i < 4; i++) {
            part[i] = (struct part){&rig, i};
            assert_int_equal(pthread_create(&thread[i], NULL, put_a_quarter, &part[i]), 0);
        }
        for (uint32_t i = 0; i < 4; i++) {
            void *failed;

            pthread_join(thread[i], &failed);
            assert_null(failed);
        }
        expect_all(&rig, 0);
        assert_int_equal(reported, 0);
        rig_unmake(&rig);
    }
}

static void what_one_too_many_puts_is_reported(void **state)
{
    struct lab_pool_options options = options_for_strangers();
    struct rig rig;

    make_open(&rig, &options);
    assert_int_equal(lab_pool_put_bulk(rig.pool, LAB_LCORE_ANY, rig.objects, COUNT), 0);
    assert_int_equal(lab_pool_put(rig.pool, LAB_LCORE_ANY, &rig), 0);
    assert_int_equal(reported, 1);
    assert_int_equal(last.fault, LAB_AUDIT_FOREIGN_FREE);
    assert_ptr_equal(last.object, &rig);
    assert_string_equal(last.pool, "test");
    assert_int_equal(last.count, 1);
    expect_all(&rig, 0);
    rig_unmake(&rig);
}

static void who_is_told_of_objects_takes_no_strangers(void **state)
{
    struct lab_pool_options options = options_for_strangers();
    struct rig rig;

    make_open(&rig, &options);
    assert_int_equal(lab_pool_adopt(rig.pool, rig.objects[0]), 0);
    assert_int_equal(lab_load_relaxed(&rig.pool->state.intercepted), 0);
    assert_int_equal(lab_pool_put_bulk(rig.pool, LAB_LCORE_ANY, rig.objects, 2), 0);
    assert_int_equal(lab_pool_count(rig.pool), 1);
    assert_int_equal(reported, 1);
    assert_ptr_equal(last.object, rig.objects[1]);
    rig_unmake(&rig);
}

/* Nobody waits for a process that died while it adopted, and nothing goes without a word. */
static void who_died_adopting_delays_nobody_for_ever(void **state)
{
    struct lab_pool_options options = options_for_strangers();
    struct rig rig;

    make_open(&rig, &options);
    assert_int_equal(lab_pool_put(rig.pool, LAB_LCORE_ANY, rig.objects[0]), 0);
    lab_store_relaxed(&rig.pool->strangers, LAB_POOL_ADOPTING);
    assert_int_equal(lab_pool_put(rig.pool, LAB_LCORE_ANY, rig.objects[1]), 0);
    assert_int_equal(reported, 1);
    assert_ptr_equal(last.object, rig.objects[1]);
    assert_int_equal(lab_pool_count(rig.pool), 1);
    rig_unmake(&rig);
}

static void pools_of_buffers_take_no_strangers(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);
    struct lab_error error = {0};
    struct lab_pool *pool;

    options.takes_strangers = true;
    assert_int_equal(lab_pool_create(&options, &pool, &error), -EINVAL);
    assert_non_null(strstr(error.message, "adopts no others"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_adopted_when_they_are_put),
        cmocka_unit_test(strangers_are_adopted_under_audit),
        cmocka_unit_test(threads_that_put_strangers_adopt_them_in_turn),
        cmocka_unit_test(what_one_too_many_puts_is_reported),
        cmocka_unit_test(who_is_told_of_objects_takes_no_strangers),
        cmocka_unit_test(who_died_adopting_delays_nobody_for_ever),
        cmocka_unit_test(pools_of_buffers_take_no_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
