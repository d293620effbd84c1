/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "four_threads.h"
#include "scq.h"

static void expect(struct scq *scq, uint32_t wanted)
{
    uint32_t index = 0;

    assert_true(scq_get(scq, &index));
    assert_int_equal(index, wanted);
}

static void test_first_in_first_out(void **state)
{
    struct scq *scq = scq_create(100);
    uint32_t index;

    assert_false(scq_get(scq, &index));
    for (unsigned round = 0; round < 1000; round++) {
        unsigned n = 1 + round % 100;

        for (uint32_t i = 0; i < n; i++)
            scq_put(scq, i * 7 + round);
        assert_int_equal(scq_count(scq), n);
        for (uint32_t i = 0; i < n; i++)
            expect(scq, i * 7 + round);
        assert_false(scq_get(scq, &index));
    }
    scq_destroy(scq);
}

static void test_the_largest_index(void **state)
{
    struct scq *scq = scq_create(1);

    for (unsigned i = 0; i < 100; i++) {
        scq_put(scq, SCQ_INDEX_MAX);
        expect(scq, SCQ_INDEX_MAX);
    }
    scq_destroy(scq);
}

static void test_gets_from_nothing_do_no_harm(void **state)
{
    struct scq *scq = scq_create(8);
    uint32_t index;

    for (unsigned round = 0; round < 1000; round++) {
        for (unsigned i = 0; i < round % 50; i++)
            assert_false(scq_get(scq, &index));
        scq_put(scq, round);
        expect(scq, round);
    }
    scq_destroy(scq);
}

static bool get(void *scq, uint32_t *indices, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!scq_get(scq, &indices[i])) {
            while (i > 0)
                scq_put(scq, indices[--i]);
            return false;
        }
    }
    return true;
}

static void put(void *scq, const uint32_t *indices, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        scq_put(scq, indices[i]);
}

static void test_four_threads(void **state)
{
    struct four_threads ft = {.get = get, .put = put, .pool = scq_create(FT_INDICES)};

    assert_int_equal(ft_play(&ft), 0);
    scq_destroy(ft.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_in_first_out),
        cmocka_unit_test(test_the_largest_index),
        cmocka_unit_test(test_gets_from_nothing_do_no_harm),
        cmocka_unit_test(test_four_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
