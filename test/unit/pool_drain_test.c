/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"
#include <lab_pool_core.h>

/* No buffer is stranded: wherever free objects lie, and however idle whoever put them there is,
 * anybody gets them all. */

static const uint32_t counts[] = {1, 2, 63, 64, 65, 255, 1023, 8191};

/* The ids that drain: one that put some, one that is new, the last id, one without an id. */
static const uint32_t drainers[] = {0, 3, 50, LAB_LCORE_MAX - 1, LAB_LCORE_ANY};

enum { PUTTERS = 7 };

/* Every object is with one of several idle lcores, by bursts of this size: in private parts, in
 * public parts, and, since one of them has no id and deques are small, in the stack. */
static void scatter(struct rig *rig, unsigned burst)
{
    uint32_t count = rig->pool->count;
    unsigned putter = 0;

    for (uint32_t done = 0, k; done < count; done += k, putter = (putter + 1) % PUTTERS) {
        k = count - done < burst ? count - done : burst;
        rig_put(rig, putter == PUTTERS - 1 ? LAB_LCORE_ANY : putter, rig->objects + done, k);
    }
    assert_int_equal(rig->held, 0);
    rig_check(rig);
}

static void anybody_gets_everything(void **state)
{
    for (unsigned c = 0; c < 2 * sizeof(counts) / sizeof(*counts); c++) {
        struct lab_pool_options options = plain_options(c % 2, counts[c / 2]);
        struct rig rig;

        rig_make_held(&rig, &options);
        for (unsigned d = 0; d < sizeof(drainers) / sizeof(*drainers); d++)
            for (unsigned burst = 1; burst <= 256; burst *= 4) {
                scatter(&rig, burst);
                rig_drain(&rig, drainers[d], 257 - burst);
                rig_check(&rig);
            }
        scatter(&rig, 32);
        rig_unmake(&rig);
    }
}

static void in_one_bulk(void **state)
{
    for (unsigned d = 0; d < sizeof(drainers) / sizeof(*drainers); d++) {
        struct lab_pool_options options = plain_options(BUFFERS, 8191);
        struct rig rig;

        rig_make_held(&rig, &options);
        scatter(&rig, 31);
        assert_true(rig_get(&rig, drainers[d], rig.objects, options.count));
        scatter(&rig, 7);
        rig_unmake(&rig);
    }
}

/* Everything in private parts, and nowhere else. */
static void from_tips_alone(void **state)
{
    for (unsigned d = 0; d < sizeof(drainers) / sizeof(*drainers); d++) {
        struct lab_pool_options options = plain_options(OBJECTS, 200);
        struct rig rig;

        rig_make_held(&rig, &options);
        for (int round = 0; round < 2; round++) {
            for (uint32_t lcore = 10; lcore < 20; lcore++) {
                struct lab_pool_lcore_stats stats;

                rig_put(&rig, lcore, rig.objects + (lcore - 10) * 20, 20);
                assert_int_equal(lab_pool_lcore_stats(rig.pool, lcore, &stats), 0);
                if (round == 0)
                    assert_int_equal(stats.private_part, 20);
            }
            rig_drain(&rig, drainers[d], 13);
        }
        rig_unmake(&rig);
    }
}

/* An lcore that goes away may leave everything to the others, who then need no system call. */
static void what_is_published_needs_no_revocation(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 1023);
    struct lab_pool_lcore_stats stats;
    struct rig rig;

    options.private_size = 100;
    rig_make_held(&rig, &options);
    rig_put(&rig, 3, rig.objects, 100);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 3, &stats), 0);
    assert_int_equal(stats.private_part, 100);
    assert_int_equal(lab_pool_publish(rig.pool, 3), 0);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 3, &stats), 0);
    assert_int_equal(stats.private_part, 0);
    assert_int_equal(stats.public_part, 100);
    assert_true(rig_get(&rig, 4, rig.objects, 100));
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 4, &stats), 0);
    assert_int_equal(stats.counter[LAB_POOL_GET_REVOKE], 0);

    assert_int_equal(lab_pool_publish(rig.pool, LAB_LCORE_ANY), 0);
    assert_int_equal(lab_pool_publish(rig.pool, 77), 0);
    assert_int_equal(lab_pool_publish(rig.pool, LAB_LCORE_MAX), -EINVAL);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* A thread that uses no deque can do it for all of them. */
static void what_idle_lcores_keep_can_be_published(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 1023);
    struct lab_pool_lcore_stats stats;
    struct rig rig;

    options.private_size = 50;
    rig_make_held(&rig, &options);
    rig_put(&rig, 3, rig.objects, 50);
    rig_put(&rig, 5, rig.objects + 50, 50);
    lab_pool_publish_all(rig.pool);
    for (uint32_t lcore = 3; lcore <= 5; lcore += 2) {
        assert_int_equal(lab_pool_lcore_stats(rig.pool, lcore, &stats), 0);
        assert_int_equal(stats.private_part, 0);
        assert_int_equal(stats.public_part, 50);
    }
    assert_true(rig_get(&rig, 4, rig.objects, 100));
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 4, &stats), 0);
    assert_int_equal(stats.counter[LAB_POOL_GET_REVOKE], 0);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* A get that starves makes the others publish what they put from then on, so that a second one
 * needs no system call; and that ends when there is plenty. */
static void hunger_makes_others_publish_until_there_is_plenty(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 1023);
    struct lab_pool_lcore_stats stats;
    struct rig rig;

    rig_make_held(&rig, &options);
    assert_false(rig_get(&rig, 1, rig.objects, 1)); /* all are held, all by us */
    assert_true(lab_load_relaxed(&rig.pool->state.intercepted) != 0);
    rig_put(&rig, 0, rig.objects, 10);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &stats), 0);
    assert_int_equal(stats.private_part, 0);
    assert_int_equal(stats.public_part, 10);
    rig_put(&rig, 0, rig.objects + 10, 400);
    assert_int_equal(lab_load_relaxed(&rig.pool->state.intercepted), 0);
    rig_put(&rig, 0, rig.objects + 410, 10);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &stats), 0);
    assert_true(stats.private_part > 0);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* ... or, in a pool too small for plenty, when for a while nobody starved: each time that somebody
 * did. */
static void a_shortage_ends_by_and_by(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 20);
    struct rig rig;

    rig_make_held(&rig, &options);
    for (int shortage = 0; shortage < 3; shortage++) {
        unsigned puts = 0;

        assert_false(rig_get(&rig, 1, rig.objects, 1));
        while (lab_load_relaxed(&rig.pool->state.intercepted) != 0) {
            rig_put(&rig, 0, rig.objects, 1);
            assert_true(rig_get(&rig, 0, rig.objects, 1));
            assert_in_range(++puts, 1, 1000);
        }
        assert_in_range(puts, 100, 1000);
    }
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anybody_gets_everything),
        cmocka_unit_test(in_one_bulk),
        cmocka_unit_test(from_tips_alone),
        cmocka_unit_test(what_is_published_needs_no_revocation),
        cmocka_unit_test(what_idle_lcores_keep_can_be_published),
        cmocka_unit_test(hunger_makes_others_publish_until_there_is_plenty),
        cmocka_unit_test(a_shortage_ends_by_and_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
