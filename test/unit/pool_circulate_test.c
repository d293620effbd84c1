/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"
#include <lab_pool_core.h>

/* How many objects go round and in which order, where those that are parked are, and how large
 * private parts get. */

enum { COUNT = 8192, BURST = 32, CIRCULATE = 1024 };

static struct lab_pool_options options_for(uint32_t circulate)
{
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);

    options.circulate = circulate;
    options.deques = 2;
    return options;
}

/* Lcore 0 gets and lcore 1 puts, until the pool has gone round `rounds` times. Returns how many
 * objects were seen in the last one. */
static unsigned pipeline(struct rig *rig, unsigned rounds)
{
    unsigned seen = 0;
    void *burst[BURST];
    uint32_t index;

    for (unsigned round = 0; round < rounds; round++) {
        memset(rig->is_free, 0, COUNT * sizeof(bool));
        seen = 0;
        for (unsigned done = 0; done < COUNT; done += BURST) {
            assert_true(rig_get(rig, 0, burst, BURST));
            for (unsigned i = 0; i < BURST; i++) {
                assert_int_equal(lab_pool_index(rig->pool, burst[i], &index), 0);
                seen += !rig->is_free[index];
                rig->is_free[index] = true;
            }
            rig_put(rig, 1, burst, BURST);
        }
    }
    return seen;
}

static void a_bounded_number_goes_round(void **state)
{
    struct lab_pool_options options = options_for(CIRCULATE);
    unsigned most;
    struct rig rig;

    rig_make_held(&rig, &options);
    rig_put_by(&rig, 0, rig.objects, COUNT, BURST);
    most = CIRCULATE + 2 * rig.pool->array.private_size + rig.pool->array.steal_max + 2 * BURST;
    assert_true(pipeline(&rig, 3) <= most);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void without_a_bound_all_do(void **state)
{
    struct lab_pool_options options = options_for(0);
    struct rig rig;

    rig_make_held(&rig, &options);
    rig_put_by(&rig, 0, rig.objects, COUNT, BURST);
    assert_true(pipeline(&rig, 3) > COUNT / 2);
    rig_unmake(&rig);
}

/* Lcore 0 gets and lcore 1 puts. Returns how often an object that is got does not lie behind the
 * one before, in the last of `rounds`. */
static unsigned breaks_in_order(struct rig *rig, unsigned rounds, unsigned burst)
{
    void *objects[COUNT / 8];
    uintptr_t before = 0;
    unsigned breaks = 0;

    for (unsigned round = 0; round < rounds; round++) {
        breaks = 0;
        for (unsigned done = 0; done < COUNT; done += burst) {
            assert_true(rig_get(rig, 0, objects, burst));
            for (unsigned i = 0; i < burst; i++) {
                breaks += (uintptr_t)objects[i] != before + OBJECT_BYTES;
                before = (uintptr_t)objects[i];
            }
            rig_put(rig, 1, objects, burst);
        }
    }
    return breaks;
}

/* A processor prefetches what lies at one distance from the one before. */
static void bursts_come_in_the_order_in_which_they_were_put(void **state)
{
    static const unsigned bursts[] = {7, 32, 100, 288, 512};

    for (unsigned i = 0; i < sizeof(bursts) / sizeof(bursts[0]); i++) {
        struct lab_pool_options options = options_for(0);
        struct rig rig;

        rig_make_held(&rig, &options);
        rig_put_by(&rig, 1, rig.objects, COUNT, bursts[i]);
        assert_in_range(breaks_in_order(&rig, 8, bursts[i]), 1, COUNT / 256);
        rig_unmake(&rig);
    }
}

static void nothing_that_is_parked_is_stranded(void **state)
{
    struct lab_pool_options options = options_for(1);
    struct rig rig;

    rig_make_held(&rig, &options);
    for (uint32_t lcore = 0; lcore < 3; lcore++) {
        rig_put_by(&rig, lcore, rig.objects, COUNT, BURST);
        rig_check(&rig);
        rig_drain(&rig, (lcore + 1) % 3, BURST); /* the third one has no deque */
        assert_int_equal(rig.held, COUNT);
    }
    rig_unmake(&rig);
}

/* The lcore that fills a pool ends at the beginning of a cache line, whatever the pool's size. */
static void a_full_pool_rests_at_a_line(void **state)
{
    for (uint32_t count = 1000; count < 1016; count++) {
        struct lab_pool_options options = plain_options(OBJECTS, count);
        const struct lab_deque *deque;
        struct rig rig;

        options.lcores = 4;
        rig_make_held(&rig, &options);
        rig_put_by(&rig, 2, rig.objects, count, 1);
        deque = &rig.pool->deque[lab_pool_lcore_index(2)];
        assert_int_equal(lab_load_relaxed(&deque->bot) % (LAB_CACHE_LINE / sizeof(lab_atomic_t)),
                         0);
        rig_check(&rig);
        rig_unmake(&rig);
    }
}

/* Wherever a deque rests, the bursts of its owner go around the end of the ring some times at most,
 * and then no longer. The place goes through the whole ring, twice. */
static void no_place_is_slow(void **state)
{
    enum { LCORE = 3, PAIRS = 40, OFTEN = 16 };
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);
    const struct lab_pool_slow *slow;
    void *burst[BURST], *one;
    struct rig rig;

    rig_make_held(&rig, &options);
    rig_put_by(&rig, LCORE, rig.objects, COUNT, BURST);
    slow = &rig.pool->slow[lab_pool_lcore_index(LCORE)];
    for (uint32_t place = 0; place < 2 * rig.pool->array.capacity; place++) {
        uint32_t before = slow->wraps;

        for (unsigned i = 0; i < PAIRS; i++) {
            assert_true(rig_get(&rig, LCORE, burst, BURST));
            rig_put(&rig, LCORE, burst, BURST);
        }
        assert_true(slow->wraps - before <= OFTEN);
        assert_true(rig_get(&rig, LAB_LCORE_ANY, &one, 1)); /* the oldest becomes the newest */
        rig_put(&rig, LCORE, &one, 1);
        if (place % 64 == 0)
            rig_check(&rig);
    }
    assert_true(slow->wraps > 0);
    rig_unmake(&rig);
}

/* However many lcores there are, half of all objects at least can be had without a revocation. */
static void private_parts_share_a_bound(void **state)
{
    enum { LCORES = 64 };
    struct lab_pool_options options = plain_options(OBJECTS, COUNT);
    uint64_t all = 0, each;
    struct rig rig;

    options.lcores = LCORES;
    options.deques = LCORES;
    rig_make_held(&rig, &options);
    for (unsigned i = 0; i < COUNT; i++)
        rig_put(&rig, i % LCORES, &rig.objects[i], 1);
    for (uint32_t lcore = 0; lcore < LCORES; lcore++) {
        (void)lab_deque_count_any(&rig.pool->deque[lab_pool_lcore_index(lcore)], &each);
        all += each;
    }
    assert_true(all <= COUNT / 2);
    rig_check(&rig);
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bounded_number_goes_round),
        cmocka_unit_test(without_a_bound_all_do),
        cmocka_unit_test(bursts_come_in_the_order_in_which_they_were_put),
        cmocka_unit_test(nothing_that_is_parked_is_stranded),
        cmocka_unit_test(a_full_pool_rests_at_a_line),
        cmocka_unit_test(no_place_is_slow),
        cmocka_unit_test(private_parts_share_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
