/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"
#include <pthread.h>

/* Levels, quarantine, samples and leaks: what the audit does where nothing is wrong. */

static void everything_works_at_every_level(void **state)
{
    static const uint32_t lcores[] = {0, 5, LAB_LCORE_ANY};

    for (int kind = BUFFERS; kind <= OBJECTS; kind++)
        for (int level = LAB_AUDIT_OFF; level <= LAB_AUDIT_FULL; level++) {
            struct lab_pool_options options = audited_options(kind, 255, level);
            struct rig rig;

            listen_from_now();
            rig_make_held(&rig, &options);
            for (unsigned i = 0; i < 1000; i++) {
                unsigned n = 1 + i % 64;

                rig_put(&rig, lcores[i % 3], rig.objects, n);
                assert_true(rig_get(&rig, lcores[i % 2], rig.objects, n / 2));
                assert_true(rig_get(&rig, lcores[i % 3], rig.objects + n / 2, n - n / 2));
            }
            rig_put_by(&rig, 5, rig.objects, 255, 32);
            assert_int_equal(reported, 0);
            assert_int_equal(lab_pool_count(rig.pool), 255);
            rig_unmake(&rig);
        }
}

static void the_level_changes_while_objects_are_held(void **state)
{
    struct lab_pool_options options = audited_options(BUFFERS, 1000, LAB_AUDIT_OFF);
    struct lab_pool_audit_stats stats;
    struct rig rig;

    options.audit.records = true;
    options.audit.quarantine = 30;
    listen_from_now();
    rig_make(&rig, &options);
    for (unsigned i = 0; i < 12; i++) {
        enum lab_audit_level level = (enum lab_audit_level)(i % 3);

        assert_true(rig_get(&rig, 1, rig.objects + rig.held, 50));
        assert_int_equal(lab_pool_set_audit(rig.pool, level), 0);
        if (i % 4 == 3)
            settle(rig.pool);
        rig_put(&rig, 2, rig.objects + rig.held - 20, 20);
        lab_pool_audit_stats(rig.pool, &stats);
        assert_int_equal(stats.level, level);
    }
    assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_OFF), 0);
    rig_put_by(&rig, 2, rig.objects, rig.held, 32);
    /* All that was in quarantine can be got again. */
    rig_drain(&rig, 3, 32);
    rig_put_by(&rig, 3, rig.objects, 1000, 32);
    assert_int_equal(reported, 0);
    assert_int_equal(lab_pool_set_audit(rig.pool, (enum lab_audit_level)3), -EINVAL);
    rig_unmake(&rig);
}

/* The parameters of the next test's worker. */
struct work {
    struct lab_pool *pool;
    lab_atomic_t stop;
};

static void *get_and_put(void *argument)
{
    struct work *work = argument;
    void *object;

    while (lab_load_relaxed(&work->stop) == 0)
        if (lab_pool_get(work->pool, 1, &object) != 0 || lab_pool_put(work->pool, 1, object) != 0)
            return work;
    return NULL;
}

/* Puts that do not know yet that the level has fallen do not look at objects that were got since. A
 * young pool's audit takes a millisecond to change its level: much time for whoever is in between.
 */
static void the_level_falls_while_somebody_works(void **state)
{
    struct lab_pool_options options = audited_options(BUFFERS, 64, LAB_AUDIT_FULL);

    listen_from_now();
    for (unsigned i = 0; i < 20; i++) {
        struct work work = {0};
        pthread_t worker;
        struct rig rig;
        void *wrong;

        rig_make(&rig, &options);
        work.pool = rig.pool;
        assert_int_equal(pthread_create(&worker, NULL, get_and_put, &work), 0);
        usleep(2000);
        assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_OFF), 0);
        lab_store_relaxed(&work.stop, 1);
        assert_int_equal(pthread_join(worker, &wrong), 0);
        assert_null(wrong);
        assert_int_equal(lab_pool_count(rig.pool), 64);
        rig_unmake(&rig);
    }
    assert_int_equal(reported, 0);
}

static void without_records_there_is_no_audit(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct lab_audit_group groups[4];
    struct lab_pool_audit_stats stats;
    struct rig rig;
    uint64_t rest = 7;

    rig_make(&rig, &options);
    assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_FULL), -ENOENT);
    assert_int_equal(lab_pool_groups(rig.pool, 0, NULL, groups, 4, &rest), 0);
    assert_int_equal(rest, 0);
    assert_int_equal(lab_pool_groups(rig.pool, 0, NULL, groups, 4, NULL), 0);
    lab_pool_audit_stats(rig.pool, &stats);
    assert_false(stats.records);
    rig_unmake(&rig);
}

static void what_is_put_waits_in_quarantine(void **state)
{
    struct lab_pool_options options = audited_options(BUFFERS, 100, LAB_AUDIT_FULL);
    struct lab_pool_audit_stats stats;
    struct rig rig;
    void *first;

    options.audit.quarantine = 10;
    listen_from_now();
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_get(rig.pool, 1, &first), 0);
    assert_int_equal(lab_pool_put(rig.pool, 1, first), 0);
    for (unsigned i = 0; i < 10; i++) {
        void *object;

        lab_pool_audit_stats(rig.pool, &stats);
        assert_int_equal(stats.quarantined, 1 + i);
        assert_int_equal(lab_pool_count(rig.pool), 100);
        assert_int_equal(lab_pool_get(rig.pool, 1, &object), 0);
        assert_ptr_not_equal(object, first);
        assert_int_equal(lab_pool_put(rig.pool, 1, object), 0);
    }
    /* Ten puts later it is the one that lies on top. */
    assert_int_equal(lab_pool_get(rig.pool, 1, &rig.objects[0]), 0);
    assert_ptr_equal(rig.objects[0], first);
    /* Objects that wait are free all the same: a get of all of them succeeds, and a larger one
     * fails. */
    assert_int_equal(lab_pool_get_bulk(rig.pool, 1, rig.objects, 101), -ENOBUFS);
    lab_pool_audit_stats(rig.pool, &stats);
    assert_int_equal(stats.quarantined, 10);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 1, rig.objects + 1, 99), 0);
    lab_pool_audit_stats(rig.pool, &stats);
    assert_int_equal(stats.quarantined, 0);
    assert_int_equal(lab_pool_put_bulk(rig.pool, 1, rig.objects, 100), 0);
    rig_unmake(&rig);
}

static SITE void leak(struct rig *rig, uint32_t lcore, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(lab_pool_get(rig->pool, lcore, &rig->objects[rig->held + i]), 0);
    NO_TAIL_CALL();
    rig->held += n;
}

static void leaks_are_grouped_by_call_site(void **state)
{
    struct lab_pool_options options = audited_options(BUFFERS, 1000, LAB_AUDIT_FULL);
    struct lab_audit_group groups[4];
    struct rig rig;
    uint64_t rest;

    listen_from_now();
    rig_make(&rig, &options);
    leak(&rig, 3, 70);
    assert_int_equal(lab_pool_groups(rig.pool, 0, NULL, groups, 4, &rest), 1);
    assert_int_equal(groups[0].count, 70);
    assert_int_equal(groups[0].holder.lcore, 3);
    assert_true(is_inside(leak, groups[0].holder.site));

    assert_int_equal(lab_pool_destroy(rig.pool), -EBUSY);
    assert_int_equal(reported, 1);
    assert_int_equal(last.fault, LAB_AUDIT_LEAK);
    assert_int_equal(last.count, 70);
    assert_true(is_inside(leak, last.got.site));
    assert_int_equal(lab_pool_put_bulk(rig.pool, 0, rig.objects, 70), 0);
    rig_unmake(&rig);
}

/* The past of objects that a pool has forgotten is not that of those that it has now. */
static void other_objects_have_no_past(void **state)
{
    const enum lab_audit_level levels[] = {LAB_AUDIT_SAMPLE, LAB_AUDIT_FULL};

    for (size_t i = 0; i < 2; i++) {
        struct lab_pool_options options = audited_options(OBJECTS, 100, levels[i]);
        struct rig rig;
        uint64_t word;

        options.audit.sample = 1;
        listen_from_now();
        rig_make_held(&rig, &options);
        rig_put(&rig, 0, rig.objects, 100);
        rig_drain(&rig, 0, 10);
        assert_int_equal(lab_pool_report_leaks(rig.pool, NULL), 100);
        assert_int_equal(lab_pool_disown_all(rig.pool), 0);
        assert_int_equal(lab_pool_report_leaks(rig.pool, NULL), 0);
        for (int k = 99; k >= 0; k--)
            assert_int_equal(lab_pool_adopt(rig.pool, rig.objects[k]), 0);
        /* Their first filling, which may be written to: lab_audit_may_touch(). */
        word = lab_load_relaxed(&lab_intercept_of(rig.pool)->audit->table->record[0].word);
        assert_int_equal(lab_audit_word_generation(word), 0);
        rig_put(&rig, 0, rig.objects, 100);
        assert_int_equal(lab_pool_report_leaks(rig.pool, NULL), 0);
        /* No put looks for what is sampled any more. */
        assert_int_equal(lab_load_relaxed(&rig.pool->state.intercepted),
                         (levels[i] == LAB_AUDIT_FULL) +
                             (lab_deque_set_shortage(&rig.pool->set) != 0));
        rig_check(&rig);
        rig_unmake(&rig);
    }
}

static void samples_find_a_leak(void **state)
{
    struct lab_pool_options options = audited_options(BUFFERS, 60000, LAB_AUDIT_SAMPLE);
    struct lab_audit_group groups[4];
    struct rig rig;
    uint64_t rest;

    options.audit.sample = 64;
    listen_from_now();
    rig_make(&rig, &options);
    for (unsigned i = 0; i < 50000; i++) {
        assert_int_equal(lab_pool_get_bulk(rig.pool, 1, rig.objects + rig.held, 16), 0);
        assert_int_equal(lab_pool_put_bulk(rig.pool, 1, rig.objects + rig.held, 16), 0);
        if (i % 16 == 0)
            leak(&rig, 1, 1);
    }
    /* Nothing but the leak: what was put is not sampled any more. */
    assert_int_equal(lab_pool_groups(rig.pool, 0, NULL, groups, 4, &rest), 1);
    assert_true(is_inside(leak, groups[0].holder.site));
    assert_in_range(groups[0].count, rig.held / 64 / 3, rig.held / 64 * 3);
    assert_int_equal(reported, 0);
    assert_int_equal(lab_pool_put_bulk(rig.pool, LAB_LCORE_ANY, rig.objects, rig.held), 0);
    assert_int_equal(lab_pool_groups(rig.pool, 0, NULL, groups, 4, &rest), 0);
    rig_unmake(&rig);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    struct lab_error error;
    size_t bytes;

    for (int i = 0; i < 4; i++) {
        struct lab_pool_options options =
            audited_options(i == 1 ? OBJECTS : BUFFERS, 100, LAB_AUDIT_FULL);

        options.audit.poison = true;
        options.audit.poison_bytes = i == 2 ? 101 : 0;
        options.audit.quarantine = i == 0 ? 26 : 0;
        if (i == 3)
            options.audit.level = (enum lab_audit_level)3;
        assert_int_equal(lab_pool_footprint(&options, &bytes, &error), -EINVAL);
        assert_non_null(strstr(error.message, "pool test: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_works_at_every_level),
        cmocka_unit_test(the_level_changes_while_objects_are_held),
        cmocka_unit_test(the_level_falls_while_somebody_works),
        cmocka_unit_test(without_records_there_is_no_audit),
        cmocka_unit_test(what_is_put_waits_in_quarantine),
        cmocka_unit_test(leaks_are_grouped_by_call_site),
        cmocka_unit_test(other_objects_have_no_past),
        cmocka_unit_test(samples_find_a_leak),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
