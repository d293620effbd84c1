/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "drift.h"

#define BUFS 2047
#define LCORES 2

static void get_and_put(const struct contender *contender, unsigned lcore, unsigned n)
{
    void *objects[64];

    assert_int_equal(lab_pool_get_bulk(contender->library, lcore, objects, n), 0);
    assert_int_equal(lab_pool_put_bulk(contender->library, lcore, objects, n), 0);
}

/* Slots to the end, 1 to the capacity, of a bot that lies so far before it, or behind. */
static unsigned from_end(int slots, unsigned capacity)
{
    return (unsigned)((slots - 1) & (int)(capacity - 1)) + 1;
}

static void expect_placed(unsigned drift, unsigned held)
{
    const unsigned lcores[LCORES] = {3, 5};
    const struct setting setting = {.lcores = LCORES, .held = held, .drift = drift, .bufs = BUFS};
    struct contender contender;

    assert_true(contender_open(&contender, "liblabyrinth", BUFS, 0, false));
    assert_true(drift_place(&contender, &setting, lcores));
    for (unsigned i = 0; i < LCORES; i++) {
        const struct lab_pool *pool = contender_pool(&contender);
        unsigned capacity = (unsigned)pool->deque[lab_pool_lcore_index(lcores[i])].capacity;
        unsigned expected = from_end((int)drift - (int)held, capacity);

        assert_int_equal(drift_at_rest(&contender, lcores[i]), expected);
        for (unsigned j = 0; j < 3; j++)
            get_and_put(&contender, lcores[i], held);
        assert_int_equal(drift_at_rest(&contender, lcores[i]), expected);
    }
    assert_int_equal(contender_missing(&contender, BUFS), 0);
    contender_close(&contender);
}

static void test_every_kind_of_place(void **state)
{
    const unsigned drifts[] = {1, 16, 31, 32, 33, 500, 2047};

    for (unsigned i = 0; i < RTE_DIM(drifts); i++) {
        expect_placed(drifts[i], 1);
        expect_placed(drifts[i], 32);
        expect_placed(drifts[i], 64);
    }
}

static void test_others_have_no_place(void **state)
{
    const struct setting setting = {.lcores = 1, .held = 32, .drift = 16, .bufs = BUFS};
    const struct contender none = {.kind = CONTENDER_BUDDY};

    assert_true(drift_place(&none, &setting, (const unsigned[]){0}));
    assert_int_equal(drift_at_rest(&none, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_place),
        cmocka_unit_test(test_others_have_no_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
