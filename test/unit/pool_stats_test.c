/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"

#include <inttypes.h>
#include <lab_pool_core.h>

/* Every branch of the slow paths has a counter; each is reached here, and together they add up. */

static struct lab_pool_lcore_stats stats_of(const struct rig *rig, uint32_t lcore)
{
    struct lab_pool_lcore_stats stats;

    assert_int_equal(lab_pool_lcore_stats(rig->pool, lcore, &stats), 0);
    return stats;
}

/* Runs the operations between a and b by an lcore, and returns by how much its counter grew. */
#define growth_of(rig, lcore, field, ...)                                                          \
    ({                                                                                             \
        struct lab_pool_lcore_stats before_ = {0};                                                 \
                                                                                                   \
        (void)lab_pool_lcore_stats((rig)->pool, lcore, &before_);                                  \
        __VA_ARGS__;                                                                               \
        stats_of(rig, lcore).field - before_.field;                                                \
    })

static uint64_t slow_calls(const struct rig *rig, uint32_t lcore)
{
    struct lab_pool_lcore_stats stats = stats_of(rig, lcore);
    uint64_t sum = 0;

    for (int i = 0; i < LAB_POOL_COUNTERS; i++)
        sum += stats.counter[i];
    return sum;
}

static void every_branch_has_its_counter(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 1023);
    void **objects, *foreign = &options;
    struct rig rig;
    uint64_t slow;

    rig_make_held(&rig, &options);
    objects = rig.objects;

    assert_int_equal(
        1, growth_of(&rig, 0, counter[LAB_POOL_PUT_PUBLISH], rig_put(&rig, 0, objects, 300)));
    slow = slow_calls(&rig, 0);
    rig_put(&rig, 0, objects + 300, 1);
    assert_int_equal(slow_calls(&rig, 0), slow);
    assert_int_equal(is_fenced(&rig),
                     growth_of(&rig, 0, counter[LAB_POOL_GET_OWN], rig_get(&rig, 0, objects, 1)));
    rig_put(&rig, 0, objects, 1);
    assert_int_equal(1,
                     growth_of(&rig, 0, counter[LAB_POOL_GET_OWN], rig_get(&rig, 0, objects, 200)));
    assert_int_equal(
        1, growth_of(&rig, 1, counter[LAB_POOL_GET_STEAL], rig_get(&rig, 1, objects + 200, 1)));

    assert_int_equal(1, growth_of(&rig, LAB_LCORE_ANY, counter[LAB_POOL_PUT_STACK],
                                  rig_put(&rig, LAB_LCORE_ANY, objects, 150)));
    rig_put(&rig, 0, objects + 150, 51);
    rig_drain(&rig, 0, 1);
    assert_true(stats_of(&rig, 0).counter[LAB_POOL_GET_STACK] > 0);
    assert_true(stats_of(&rig, 0).counter[LAB_POOL_GET_FAIL] > 0);
    while (lab_load_relaxed(&rig.pool->state.intercepted) != 0) {
        rig_put(&rig, 2, objects, 1);
        rig_get(&rig, 2, objects, 1);
    }

    rig_put(&rig, 2, objects, 10); /* into its private part */
    assert_int_equal(10, stats_of(&rig, 2).private_part);
    assert_int_equal(
        1, growth_of(&rig, 0, counter[LAB_POOL_GET_REVOKE], rig_get(&rig, 0, objects, 10)));
    assert_int_equal(
        1, growth_of(&rig, 0, counter[LAB_POOL_GET_FAIL], rig_get(&rig, 0, objects, 1100)));

    assert_int_equal(
        1, growth_of(&rig, LAB_LCORE_ANY, counter[LAB_POOL_PUT_FOREIGN],
                     assert_int_equal(0, lab_pool_put(rig.pool, LAB_LCORE_ANY, foreign))));
    rig_check(&rig);
    rig_unmake(&rig);
}

/* The private parts stay as they are, and nobody has to publish. */
static void more_than_there_are_is_not_searched_for(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 100);
    struct rig rig;

    rig_make_held(&rig, &options);
    rig_put(&rig, 0, rig.objects, 10);
    for (unsigned n = 101; n < 2000; n += 1000) {
        assert_int_equal(
            1, growth_of(&rig, 1, counter[LAB_POOL_GET_FAIL], rig_get(&rig, 1, rig.objects, n)));
        assert_int_equal(10, stats_of(&rig, 0).private_part);
        assert_int_equal(0, lab_load_relaxed(&rig.pool->state.intercepted));
    }
    rig_check(&rig);
    rig_unmake(&rig);
}

/* Among others on their way to the stack, a foreign object is dropped alone. */
static void what_is_foreign_is_dropped_on_the_way_to_the_stack(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 200);
    void *objects[130], *foreign = &options;
    struct rig rig;

    rig_make_held(&rig, &options);
    for (int at = 0; at < 130; at++) {
        memcpy(objects, rig.objects, 129 * sizeof(void *));
        memmove(objects + at + 1, objects + at, (129 - (size_t)at) * sizeof(void *));
        objects[at] = foreign;
        assert_int_equal(lab_pool_put_bulk(rig.pool, LAB_LCORE_ANY, objects, 130), 0);
        assert_int_equal(lab_pool_count(rig.pool), 129);
        assert_int_equal(lab_pool_get_bulk(rig.pool, LAB_LCORE_ANY, rig.objects, 129), 0);
    }
    rig_check(&rig);
    assert_int_equal(stats_of(&rig, LAB_LCORE_ANY).counter[LAB_POOL_PUT_FOREIGN], 130);
    rig_put(&rig, LAB_LCORE_ANY, rig.objects, 200);
    rig_unmake(&rig);
}

struct calls {
    uint64_t gets, puts;
};

static void expect_sums(const struct rig *rig, uint32_t lcore, const struct calls *calls)
{
    struct lab_pool_lcore_stats stats;
    uint64_t slow_gets, slow_puts;

    if (calls->gets + calls->puts == 0) {
        assert_int_equal(lab_pool_lcore_stats(rig->pool, lcore, &stats), -ENOENT);
        return;
    }
    stats = stats_of(rig, lcore);
    slow_gets = stats.counter[LAB_POOL_GET_OWN] + stats.counter[LAB_POOL_GET_FAIL];
    slow_puts = stats.counter[LAB_POOL_PUT_PUBLISH] + stats.counter[LAB_POOL_PUT_STACK];
    assert_true(slow_gets <= calls->gets);
    assert_true(slow_puts <= calls->puts);
    if (lcore == LAB_LCORE_ANY) /* has no hot path; a get that went far counts every burst */
        assert_int_equal(slow_puts, calls->puts);
    if (is_fenced(rig))
        assert_true(calls->gets <= slow_gets + stats.counter[LAB_POOL_GET_STEAL] +
                                       stats.counter[LAB_POOL_GET_STACK]);
}

static void the_counters_add_up(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++)
        for (uint32_t count = 40; count < 3000; count *= 3) {
            struct lab_pool_options options = plain_options(kind, count);
            const uint32_t ids[] = {3, 4, 77, LAB_LCORE_ANY};
            struct calls calls[4] = {{0, 0}};
            uint64_t random = count;
            uint32_t held, most;
            struct lab_pool_stats stats;
            struct rig rig;

            options.deques = 2;
            rig_make_held(&rig, &options);
            calls[3].gets = kind == BUFFERS;
            held = most = count;
            for (int i = 0; i < 5000; i++) {
                unsigned a = random_below(&random, i < 500 ? 2 : 4);
                unsigned n = 1 + random_below(&random, 64);

                if (random_below(&random, 2)) {
                    n = n < held ? n : held;
                    held -= n;
                    if (n == 0)
                        continue;
                    rig_put(&rig, ids[a], rig.objects + held, n);
                    calls[a].puts++;
                } else {
                    held += rig_get(&rig, ids[a], rig.objects + held, n) ? n : 0;
                    calls[a].gets++;
                }
                if (i % 50 == 0)
                    for (int c = 0; c < 4; c++)
                        expect_sums(&rig, ids[c], &calls[c]);
            }
            rig_check(&rig);
            lab_pool_stats(rig.pool, &stats);
            assert_int_equal(stats.count, count);
            assert_int_equal(stats.free, count - held);
            assert_true(stats.high_water <= most);
            rig_put(&rig, 3, rig.objects, held);
            rig_unmake(&rig);
        }
}

static uint32_t high_water(const struct rig *rig)
{
    struct lab_pool_stats stats;

    lab_pool_stats(rig->pool, &stats);
    return stats.high_water;
}

static void the_high_water_mark_is_never_too_high(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 1000);
    struct rig rig;

    rig_make(&rig, &options);
    assert_int_equal(high_water(&rig), 0);
    assert_false(rig_get(&rig, 0, rig.objects, 1001)); /* gathers all, and gives it back */
    assert_int_equal(high_water(&rig), 0);
    assert_true(rig_get(&rig, 1, rig.objects, 600)); /* a first refill is sampled */
    assert_int_equal(high_water(&rig), 600);
    assert_false(rig_get(&rig, 0, rig.objects + 600, 401)); /* so is a failure */
    assert_int_equal(high_water(&rig), 600);
    assert_true(rig_get(&rig, 2, rig.objects + 600, 100));
    assert_int_equal(high_water(&rig), 700);
    rig_put(&rig, 1, rig.objects, 700);
    assert_int_equal(high_water(&rig), 700);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void tells_who_is_unknown(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct lab_pool_lcore_stats stats = {.private_part = 4711};
    struct rig rig;

    options.lcores = 4;
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 4, &stats), -EINVAL);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, UINT32_MAX - 1, &stats), -EINVAL);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, 3, &stats), -ENOENT);
    assert_int_equal(lab_pool_lcore_stats(rig.pool, LAB_LCORE_ANY, &stats), -ENOENT);
    assert_int_equal(stats.private_part, 4711);
    rig_unmake(&rig);
}

static void every_counter_has_a_name_of_its_own(void **state)
{
    for (int i = 0; i < LAB_POOL_COUNTERS; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(lab_pool_counter_name(i), lab_pool_counter_name(j));
    assert_string_equal(lab_pool_counter_name(LAB_POOL_GET_STEAL), "get_steal");
    assert_null(lab_pool_counter_name(LAB_POOL_COUNTERS));
    assert_null(lab_pool_counter_name(-1));
}

static void what_is_wrong_is_not_valid(void **state)
{
    struct lab_pool_options options = {.name = "wrong", .count = 100, .buffer_bytes = 64};
    struct lab_pool *pool;

    assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
    assert_true(lab_pool_is_valid(pool));
    lab_store_relaxed(&pool->withheld, 1); /* more than there are */
    assert_false(lab_pool_is_valid(pool));
    lab_store_relaxed(&pool->withheld, 0);
    lab_store_relaxed(&pool->state.starving, 1); /* without a reason to intercept */
    assert_false(lab_pool_is_valid(pool));
    lab_store_relaxed(&pool->state.starving, 0);
    lab_store_relaxed(&pool->deque[1].bot, 1); /* without slots */
    assert_false(lab_pool_is_valid(pool));
    lab_store_relaxed(&pool->deque[1].bot, 0);
    assert_true(lab_pool_is_valid(pool));
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static uint64_t slow_events_of(struct lab_pool *pool, uint32_t lcore)
{
    struct lab_pool_lcore_stats stats;
    uint64_t sum = 0;

    assert_int_equal(lab_pool_lcore_stats(pool, lcore, &stats), 0);
    for (int i = 0; i < LAB_POOL_COUNTERS; i++)
        sum += stats.counter[i];
    return sum;
}

/* Wherever the deque's newest object lies in its ring, also at the ring's end, bursts are as cheap.
 */
static void no_position_is_slow(void **state)
{
    struct lab_pool_options options = {.name = "walk", .count = 2047, .buffer_bytes = 64};
    struct lab_pool *pool;
    void *burst[32], *one;
    uint64_t steps = 0;

    assert_int_equal(lab_pool_create(&options, &pool, NULL), 0);
    if (pool->set.barrier == LAB_BARRIER_FENCE) {
        assert_int_equal(lab_pool_destroy(pool), 0);
        skip_because("every get is a slow one where owners fence");
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lab_pool_get_bulk(pool, LAB_LCORE_ANY, burst, 32), 0);
        assert_int_equal(lab_pool_put_bulk(pool, 0, burst, 32), 0);
    }
    for (; steps < 2 * (uint64_t)pool->array.capacity; steps++) {
        uint64_t before = slow_events_of(pool, 0);

        assert_int_equal(lab_pool_get_bulk(pool, 0, burst, 32), 0);
        assert_int_equal(lab_pool_put_bulk(pool, 0, burst, 32), 0);
        if (slow_events_of(pool, 0) != before)
            fail_msg("slow events where the newest object is number %" PRIu64 " of %u",
                     lab_load_relaxed(&pool->deque[1].bot) % pool->array.capacity,
                     pool->array.capacity);
        assert_int_equal(lab_pool_get(pool, LAB_LCORE_ANY, &one), 0);
        assert_int_equal(lab_pool_put(pool, 0, one), 0); /* one step further */
    }
    assert_int_equal(lab_pool_destroy(pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_not_valid),
        cmocka_unit_test(no_position_is_slow),
        cmocka_unit_test(every_branch_has_its_counter),
        cmocka_unit_test(more_than_there_are_is_not_searched_for),
        cmocka_unit_test(what_is_foreign_is_dropped_on_the_way_to_the_stack),
        cmocka_unit_test(the_counters_add_up),
        cmocka_unit_test(the_high_water_mark_is_never_too_high),
        cmocka_unit_test(tells_who_is_unknown),
        cmocka_unit_test(every_counter_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
