/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"
#include <lab_intercept.h>

/* The reserve: for whom it is, and that it comes back. */

enum { COUNT = 300, RESERVE = 40, COMMON = COUNT - RESERVE };

static void make(struct rig *rig, enum kind kind, struct lab_audit_options audit)
{
    struct lab_pool_options options = plain_options(kind, COUNT);

    options.reserve = RESERVE;
    options.audit = audit;
    rig_make(rig, &options);
    if (kind == OBJECTS) {
        assert_true(lab_pool_reserve_is_held(rig->pool));
        rig_put_by(rig, 0, rig->objects, COUNT, 32);
    }
    rig_check(rig);
}

static const struct lab_audit_options no_audit;

static uint32_t reserve_of(const struct rig *rig)
{
    struct lab_pool_stats stats;

    lab_pool_stats(rig->pool, &stats);
    assert_int_equal(stats.reserved, RESERVE);
    return stats.reserve;
}

static void note_got(struct rig *rig, void *const *objects, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t index = UINT32_MAX;

        assert_int_equal(lab_pool_index(rig->pool, objects[i], &index), 0);
        assert_false(rig->is_held[index]);
        rig->is_held[index] = true;
        assert_int_equal(lab_pool_is_reserve(rig->pool, objects[i]), index < RESERVE);
    }
    rig->held += n;
}

/* Gets that must succeed, and by a class. */
static void got(struct rig *rig, uint32_t lcore, bool atomic, void **ret_objects, unsigned n)
{
    assert_int_equal(atomic ? lab_pool_get_bulk_atomic(rig->pool, lcore, ret_objects, n)
                            : lab_pool_get_bulk(rig->pool, lcore, ret_objects, n),
                     0);
    note_got(rig, ret_objects, n);
}

/* Fail, and leave everything as it was. */
static void got_none(struct rig *rig, uint32_t lcore, bool atomic, unsigned n)
{
    void *objects[COUNT] = {(void *)1, (void *)2};

    assert_int_equal(atomic ? lab_pool_get_bulk_atomic(rig->pool, lcore, objects, n)
                            : lab_pool_get_bulk(rig->pool, lcore, objects, n),
                     -ENOBUFS);
    assert_ptr_equal(objects[0], (void *)1);
    rig_check(rig);
}

/* One bulk after another, of all sizes, on an lcore and on none: the last buffer of the reserve can
 * be had by ATOMIC, and by nobody else. */
static void ends_before_the_reserve(enum kind kind, uint32_t lcore, unsigned bulk,
                                    struct lab_audit_options audit)
{
    struct rig rig;
    unsigned n = 0;

    make(&rig, kind, audit);
    for (; n + bulk <= COMMON; n += bulk)
        got(&rig, lcore, false, rig.objects + n, bulk);
    got_none(&rig, lcore, false, bulk);
    for (; n < COMMON; n++)
        got(&rig, lcore, false, rig.objects + n, 1);
    got_none(&rig, lcore, false, 1);
    assert_int_equal(reserve_of(&rig), RESERVE);
    assert_int_equal(lab_pool_count(rig.pool), RESERVE);

    for (; n + bulk <= COUNT; n += bulk)
        got(&rig, lcore, true, rig.objects + n, bulk);
    got_none(&rig, lcore, true, bulk);
    for (; n < COUNT; n++)
        got(&rig, lcore, true, rig.objects + n, 1);
    got_none(&rig, lcore, true, 1);
    assert_int_equal(reserve_of(&rig), 0);
    assert_true(lab_pool_reserve_is_held(rig.pool));

    /* The objects that are not of the reserve come back first, and are for all; the others are for
     * nobody else. */
    rig_put_by(&rig, lcore, rig.objects, COMMON, bulk);
    assert_int_equal(reserve_of(&rig), 0);
    rig_put_by(&rig, lcore, rig.objects + COMMON, RESERVE, bulk);
    assert_int_equal(reserve_of(&rig), RESERVE);
    rig_check(&rig);
    if (audit.level == LAB_AUDIT_OFF)
        assert_false(lab_pool_reserve_is_held(rig.pool));
    rig_unmake(&rig);
}

static void atomic_alone_has_the_last(void **state)
{
    static const unsigned bulks[] = {1, 7, 32, 40};

    (void)state;
    for (unsigned i = 0; i < sizeof(bulks) / sizeof(*bulks); i++) {
        ends_before_the_reserve(BUFFERS, 0, bulks[i], no_audit);
        ends_before_the_reserve(OBJECTS, 3, bulks[i], no_audit);
        ends_before_the_reserve(OBJECTS, LAB_LCORE_ANY, bulks[i], no_audit);
    }
}

static void the_audit_changes_nothing(void **state)
{
    (void)state;
    ends_before_the_reserve(BUFFERS, 1, 5, (struct lab_audit_options){.level = LAB_AUDIT_FULL});
    ends_before_the_reserve(OBJECTS, 1, 32,
                            (struct lab_audit_options){.level = LAB_AUDIT_SAMPLE, .sample = 3});
}

/* A get may be met half by the one and half by the other; one that fails brings both back. */
static void one_get_takes_of_both(void **state)
{
    struct rig rig;
    struct lab_pool_lcore_stats stats;

    (void)state;
    make(&rig, BUFFERS, no_audit);
    got(&rig, 0, false, rig.objects, COMMON - 10);
    got_none(&rig, 0, false, 11);
    got_none(&rig, 0, true, 10 + RESERVE + 1);
    assert_false(lab_pool_reserve_is_held(rig.pool));
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &stats), 0);
    assert_int_equal(stats.counter[LAB_POOL_GET_RESERVE], 1);
    got(&rig, 0, true, rig.objects + COMMON - 10, 10 + RESERVE);
    rig_check(&rig);
    rig_put_by(&rig, 1, rig.objects, COUNT, 64);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* More than one piece at once. */
static void large_gets_take_of_both(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 3000);
    struct rig rig;

    (void)state;
    options.reserve = 1500;
    rig_make(&rig, &options);
    rig_put_by(&rig, 0, rig.objects, 3000, 100);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 0, rig.objects, 1501), -ENOBUFS);
    assert_int_equal(lab_pool_get_bulk_atomic(rig.pool, 0, rig.objects, 3001), -ENOBUFS);
    rig_check(&rig);
    assert_int_equal(lab_pool_get_bulk_atomic(rig.pool, 1, rig.objects, 3000), 0);
    assert_int_equal(lab_pool_count(rig.pool), 0);
    for (uint32_t i = 0; i < 3000; i++)
        rig.is_held[i] = true;
    rig.held = 3000;
    rig_put_by(&rig, 0, rig.objects, 3000, 3000);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* A receive path that holds some of the reserve while another lcore works at the hot end. */
static void others_go_on_meanwhile(void **state)
{
    struct rig rig;

    (void)state;
    make(&rig, BUFFERS, no_audit);
    got(&rig, 0, false, rig.objects, COMMON);
    got(&rig, 1, true, rig.objects + COMMON, 20);
    for (int round = 0; round < 100; round++) {
        rig_put(&rig, 2, rig.objects, 64);
        got(&rig, 2, false, rig.objects, 64);
        rig_put(&rig, 1, rig.objects + COMMON, 20);
        got_none(&rig, 2, false, 1);
        got(&rig, 1, true, rig.objects + COMMON, 20);
    }
    rig_put_by(&rig, 2, rig.objects, COMMON + 20, 32);
    rig_check(&rig);

    /* And when it is over, puts are hot again. */
    for (int i = 0; i < 2000 && lab_load_relaxed(&rig.pool->state.intercepted) != 0; i++) {
        got(&rig, 2, false, rig.objects, 1);
        rig_put(&rig, 2, rig.objects, 1);
    }
    assert_int_equal(lab_load_relaxed(&rig.pool->state.intercepted), 0);
    rig_unmake(&rig);
}

static void adopted_again(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);
    struct rig rig;

    (void)state;
    options.reserve = RESERVE;
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_disown_all(rig.pool), 0);
    assert_false(lab_pool_reserve_is_held(rig.pool));
    for (int i = COUNT; i-- > 0;)
        assert_int_equal(lab_pool_adopt(rig.pool, rig.objects[i]), 0);
    rig_put_by(&rig, 0, rig.objects, COUNT, 32);
    assert_int_equal(reserve_of(&rig), RESERVE);
    rig_check(&rig);
    rig_unmake(&rig);

    /* In no order, with others in between. */
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_disown_all(rig.pool), 0);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(lab_pool_adopt(rig.pool, rig.objects[(i * 77 + 150) % COUNT]), 0);
    rig_put_by(&rig, 0, rig.objects, COUNT, 32);
    assert_int_equal(reserve_of(&rig), RESERVE);
    got(&rig, 1, true, rig.objects, COUNT);
    rig_put_by(&rig, 1, rig.objects, COUNT, 32);
    assert_int_equal(reserve_of(&rig), RESERVE);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void all_cannot_be_reserve(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, COUNT);
    struct lab_error error = {0};
    struct lab_pool *pool = NULL;

    (void)state;
    options.reserve = COUNT;
    assert_int_equal(lab_pool_create(&options, &pool, &error), -EINVAL);
    assert_string_equal(error.message,
                        "pool test: a reserve of 300 asked for, 0 to 299 are possible");
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(atomic_alone_has_the_last), cmocka_unit_test(the_audit_changes_nothing),
        cmocka_unit_test(one_get_takes_of_both),     cmocka_unit_test(large_gets_take_of_both),
        cmocka_unit_test(others_go_on_meanwhile),    cmocka_unit_test(adopted_again),
        cmocka_unit_test(all_cannot_be_reserve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
