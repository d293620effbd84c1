/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"

/* The promises of get and put, for pools of many sizes and of both kinds. */

static const uint32_t counts[] = {1, 2, 63, 64, 65, 255, 1023, 8191, 100000};
static const uint32_t lcores[] = {LAB_LCORE_ANY, 0, 1, 7, LAB_LCORE_MAX - 1};

enum { COUNTS = sizeof(counts) / sizeof(*counts), LCORES = sizeof(lcores) / sizeof(*lcores) };

#define for_each_pool(options)                                                                     \
    for (unsigned c_ = 0; c_ < 2 * COUNTS; c_++)                                                   \
        for (struct lab_pool_options                                                               \
                 options = plain_options(c_ % 2 ? OBJECTS : BUFFERS, counts[c_ / 2]),              \
                 *once_ = &options;                                                                \
             once_ != NULL; once_ = NULL)

/* One actor: a thread's id and what it holds. */
struct actor {
    uint32_t lcore;
    void **objects;
    unsigned held;
};

enum { ACTORS = 7 };

/* As many ids as deques, in no order, one late; and two threads without an id. */
static const uint32_t actor_ids[ACTORS] = {5, 127, 0, 64, 9, LAB_LCORE_ANY, LAB_LCORE_ANY};

static unsigned random_burst(uint64_t *random, uint32_t count)
{
    switch (random_below(random, 4)) {
    case 0:
        return 1;
    case 1:
        return 32;
    case 2:
        return random_below(random, 100);
    default:
        return random_below(random, count + 2);
    }
}

static void random_operations(const struct lab_pool_options *options, uint64_t seed, unsigned steps)
{
    struct actor actors[ACTORS];
    uint64_t random = seed;
    struct rig rig;

    rig_make(&rig, options);
    for (unsigned a = 0; a < ACTORS; a++)
        actors[a] = (struct actor){.lcore = actor_ids[a],
                                   .objects = zeroed(ROOM_FOR(options->count) * sizeof(void *))};
    memcpy(actors[0].objects, rig.objects, rig.held * sizeof(void *));
    actors[0].held = rig.held;
    for (unsigned i = 0; i < steps; i++) {
        /* The last id comes late. */
        struct actor *actor = &actors[random_below(&random, i < steps / 2 ? ACTORS - 1 : ACTORS)];
        struct actor *heir = &actors[random_below(&random, ACTORS)];
        unsigned n = random_burst(&random, options->count);

        if (random_below(&random, 2)) {
            if (rig_get(&rig, actor->lcore, actor->objects + actor->held, n))
                actor->held += n;
        } else {
            /* Freed by another than it was got by, as often as not. */
            n = n < actor->held ? n : actor->held;
            actor->held -= n;
            rig_put(&rig, random_below(&random, 2) ? actor->lcore : heir->lcore,
                    actor->objects + actor->held, n);
        }
        if (i % (options->count / 16 + 1) == 0)
            rig_check(&rig);
    }
    for (unsigned a = 0; a < ACTORS; a++) {
        rig_put(&rig, actors[a].lcore, actors[a].objects, actors[a].held);
        free(actors[a].objects);
    }
    rig_check(&rig);
    assert_int_equal(rig.held, 0);
    rig_unmake(&rig);
}

static void every_sequence_of_operations_keeps_all_objects(void **state)
{
    for_each_pool(options) random_operations(&options, options.count, 2000);
}

static void and_with_fewer_deques_than_lcores(void **state)
{
    for (uint32_t deques = 1; deques <= 4; deques++)
        for_each_pool(options)
        {
            if (options.count > 10000)
                continue;
            options.deques = deques;
            random_operations(&options, options.count + deques, 1000);
        }
}

static void and_with_every_tip_and_reach(void **state)
{
    static const uint32_t sizes[] = {1, 2, 7, 32};

    for (unsigned private_size = 0; private_size < 4; private_size++)
        for (unsigned steal_max = 0; steal_max < 4; steal_max++) {
            struct lab_pool_options options = plain_options(OBJECTS, 255);

            options.private_size = sizes[private_size];
            options.steal_max = sizes[steal_max];
            random_operations(&options, private_size * 4 + steal_max, 3000);
        }
}

static void nothing_is_nothing(void **state)
{
    for_each_pool(options)
    {
        void *object = &object;
        struct rig rig;

        rig_make_held(&rig, &options);
        for (int filled = 0; filled < 2; filled++) {
            for (unsigned l = 0; l < LCORES; l++) {
                assert_int_equal(lab_pool_get_bulk(rig.pool, lcores[l], &object, 0), 0);
                assert_int_equal(lab_pool_put_bulk(rig.pool, lcores[l], &object, 0), 0);
            }
            assert_ptr_equal(object, &object);
            rig_check(&rig);
            if (!filled)
                rig_put(&rig, 0, rig.objects, options.count);
        }
        rig_unmake(&rig);
    }
}

static void gets_all_or_nothing(void **state)
{
    for_each_pool(options) for (unsigned l = 0; l < LCORES; l++)
    {
        struct rig rig;

        rig_make_held(&rig, &options);
        rig_put(&rig, lcores[(l + 1) % LCORES], rig.objects, options.count);
        for (int i = 0; i < 3; i++) {
            assert_false(rig_get(&rig, lcores[l], rig.objects, options.count + 1));
            rig_check(&rig);
        }
        assert_true(rig_get(&rig, lcores[l], rig.objects, options.count));
        assert_false(rig_get(&rig, lcores[l], rig.objects, 1));
        rig_check(&rig);
        rig_put(&rig, lcores[l], rig.objects, options.count);
        rig_check(&rig);
        rig_unmake(&rig);
    }
}

/* rte_mempool hands its cache's array to dequeue, and uses what was in it after a failure. */
static void a_get_that_fails_leaves_the_array_alone(void **state)
{
    for_each_pool(options) for (unsigned l = 0; l < LCORES; l++)
    {
        const size_t bytes = options.count * sizeof(void *);
        void **array = zeroed(bytes), **before = zeroed(bytes);
        struct rig rig;

        rig_make_held(&rig, &options);
        for (uint32_t i = 0; i < options.count; i++)
            array[i] = before[i] = &array[i];
        /* All but one: everything is gathered before it is known to be too little. */
        rig_put(&rig, lcores[(l + 1) % LCORES], rig.objects, options.count / 2);
        rig_put(&rig, lcores[l], rig.objects + options.count / 2,
                options.count - options.count / 2 - 1);
        assert_int_equal(lab_pool_get_bulk(rig.pool, lcores[l], array, options.count), -ENOBUFS);
        assert_memory_equal(array, before, bytes);
        rig_check(&rig);
        rig_put(&rig, lcores[l], rig.objects + options.count - 1, 1);
        rig_unmake(&rig);
        free(array);
        free(before);
    }
}

static void refuses_an_id_out_of_range(void **state)
{
    const uint32_t wrong[] = {4, 5, LAB_LCORE_MAX, UINT32_MAX - 1, INT32_MAX};

    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct lab_pool_options options = plain_options(kind, 64);
        struct rig rig;

        options.lcores = 4;
        rig_make_held(&rig, &options);
        rig_put(&rig, 3, rig.objects, 32);
        for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
            for (unsigned n = 0; n <= 32; n += 16) {
                void *objects[32];

                assert_int_equal(lab_pool_get_bulk(rig.pool, wrong[i], objects, n), -EINVAL);
                assert_int_equal(lab_pool_put_bulk(rig.pool, wrong[i], rig.objects + 32, n),
                                 -EINVAL);
                rig_check(&rig);
            }
        rig_put(&rig, 0, rig.objects + 32, 32);
        rig_unmake(&rig);
    }
}

/* The private part is the newest, a thief gets the oldest. */
static void is_lifo_for_the_owner_and_fifo_for_others(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 255);
    struct rig rig;
    void *got[8] = {0};

    options.private_size = options.steal_max = 8;
    rig_make_held(&rig, &options);
    rig_put_by(&rig, 0, rig.objects, 64, 1);
    for (int i = 0; i < 4; i++) {
        assert_true(rig_get(&rig, 0, got, 1));
        assert_ptr_equal(got[0], rig.objects[63 - i]);
        assert_true(rig_get(&rig, LAB_LCORE_ANY, got, 8));
        for (int j = 0; j < 8; j++)
            assert_ptr_equal(got[j], rig.objects[8 * i + j]);
    }
    rig_check(&rig);
    rig_unmake(&rig);
}

static uint64_t slow_gets(const struct rig *rig, uint32_t lcore)
{
    struct lab_pool_lcore_stats stats = {0};

    (void)lab_pool_lcore_stats(rig->pool, lcore, &stats);
    return stats.counter[LAB_POOL_GET_OWN];
}

/* Each object that was stolen is prefetched once, which takes the slow path; its owner's next get
 * of it is hot, and so is every get from a pool that prefetches nothing. */
static void what_comes_from_elsewhere_is_prefetched_once(void **state)
{
    for (uint32_t lines = 0; lines <= LAB_POOL_PREFETCH_MAX; lines++) {
        struct lab_pool_options options = plain_options(OBJECTS, 255);
        struct rig rig;
        uint64_t slow;
        void *got[8] = {0};

        options.private_size = options.steal_max = 32;
        options.prefetch_lines = lines;
        options.prefetch[1] = OBJECT_BYTES / 2;
        rig_make_held(&rig, &options);
        rig_put_by(&rig, 0, rig.objects, 255, 1);
        assert_true(rig_get(&rig, 1, got, 1)); /* and 31 more, into its private part */
        slow = slow_gets(&rig, 1);
        assert_true(rig_get(&rig, 1, got, 8));
        assert_int_equal(slow_gets(&rig, 1) - slow, lines > 0 || is_fenced(&rig));
        rig_put(&rig, 1, got, 8);
        slow = slow_gets(&rig, 1);
        assert_true(rig_get(&rig, 1, got, 8));
        assert_int_equal(slow_gets(&rig, 1) - slow, is_fenced(&rig));
        rig_check(&rig);
        rig_unmake(&rig);
    }
}

static void one_steal_takes_no_more_than_its_reach(void **state)
{
    for (uint32_t steal_max = 1; steal_max <= 64; steal_max += 9) {
        struct lab_pool_options options = plain_options(OBJECTS, 255);
        struct lab_pool_lcore_stats thief, victim;
        struct rig rig;

        options.private_size = 8;
        options.steal_max = steal_max;
        rig_make_held(&rig, &options);
        rig_put(&rig, 0, rig.objects, 128);
        assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &victim), 0);
        assert_int_equal(victim.public_part, 120);
        /* One for the request, the others into the own private part. */
        assert_true(rig_get(&rig, 1, rig.objects, 1));
        assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &victim), 0);
        assert_int_equal(lab_pool_lcore_stats(rig.pool, 1, &thief), 0);
        assert_int_equal(victim.public_part, 120 - steal_max);
        assert_int_equal(thief.private_part + thief.public_part, steal_max - 1);
        assert_int_equal(thief.counter[LAB_POOL_GET_STEAL], 1);
        rig_unmake(&rig);
    }
}

static void a_full_deque_spills_into_the_stack(void **state)
{
    for_each_pool(options) for (unsigned burst = 1; burst <= 512; burst *= 8)
    {
        struct lab_pool_lcore_stats own;
        struct lab_pool_stats stats;
        struct rig rig;

        rig_make_held(&rig, &options);
        rig_put_by(&rig, 0, rig.objects, options.count, burst);
        rig_check(&rig);
        lab_pool_stats(rig.pool, &stats);
        assert_int_equal(lab_pool_lcore_stats(rig.pool, 0, &own), 0);
        assert_true(own.private_part + own.public_part <= rig.pool->array.capacity);
        assert_int_equal(stats.stack + own.private_part + own.public_part, options.count);
        if (options.count > rig.pool->array.capacity)
            assert_true(stats.stack > 0);
        rig_drain(&rig, 0, burst);
        rig_put(&rig, 0, rig.objects, options.count);
        rig_unmake(&rig);
    }
}

static void lcores_beyond_the_deques_work_through_the_stack(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 1023);
    struct rig rig;

    options.deques = 2;
    rig_make_held(&rig, &options);
    for (uint32_t lcore = 0; lcore < 10; lcore++)
        rig_put_by(&rig, lcore, rig.objects + lcore * 100, 100, 10);
    for (uint32_t lcore = 0; lcore < 10; lcore++) {
        struct lab_pool_lcore_stats stats;

        assert_int_equal(lab_pool_lcore_stats(rig.pool, lcore, &stats), 0);
        assert_int_equal(stats.private_part + stats.public_part, lcore < 2 ? 100 : 0);
        assert_int_equal(stats.counter[LAB_POOL_PUT_STACK], lcore < 2 ? 0 : 10);
    }
    rig_put(&rig, 5, rig.objects + 1000, 23);
    for (uint32_t lcore = 0; lcore < 10; lcore++) {
        rig_drain(&rig, lcore, 32);
        rig_put(&rig, (lcore + 1) % 10, rig.objects, options.count);
        rig_check(&rig);
    }
    rig_unmake(&rig);
}

/* A lcore that was killed between its entry into the registry and the use of its deque. */
static void whoever_takes_over_an_id_takes_over_its_place(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 255);
    struct rig rig;

    options.deques = 3;
    rig_make_held(&rig, &options);
    rig_put(&rig, 7, rig.objects, 10);
    lab_store_relaxed(&rig.pool->state.registered, 2);
    lab_store_relaxed(&rig.pool->set.entry[1], lab_pool_lcore_index(9));
    rig_drain(&rig, LAB_LCORE_ANY, 1);
    rig_put_by(&rig, 9, rig.objects, 50, 5);
    rig_put_by(&rig, 8, rig.objects + 50, 50, 5);
    rig_check(&rig);
    assert_int_equal(lab_load_relaxed(&rig.pool->state.registered), 3);
    rig_put(&rig, 7, rig.objects + 100, 155);
    rig_drain(&rig, 7, 8);
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_operations_keeps_all_objects),
        cmocka_unit_test(and_with_fewer_deques_than_lcores),
        cmocka_unit_test(and_with_every_tip_and_reach),
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(gets_all_or_nothing),
        cmocka_unit_test(a_get_that_fails_leaves_the_array_alone),
        cmocka_unit_test(refuses_an_id_out_of_range),
        cmocka_unit_test(is_lifo_for_the_owner_and_fifo_for_others),
        cmocka_unit_test(what_comes_from_elsewhere_is_prefetched_once),
        cmocka_unit_test(one_steal_takes_no_more_than_its_reach),
        cmocka_unit_test(a_full_deque_spills_into_the_stack),
        cmocka_unit_test(lcores_beyond_the_deques_work_through_the_stack),
        cmocka_unit_test(whoever_takes_over_an_id_takes_over_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
