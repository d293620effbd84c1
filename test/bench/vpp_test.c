/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "cmocka_first.h"
#include "four_threads.h"
#include "vpp.h"

static void test_last_in_first_out(void **state)
{
    struct vpp *vpp = vpp_create(5);
    uint32_t indices[5];

    assert_false(vpp_get(vpp, indices, 1));
    vpp_put(vpp, (const uint32_t[]){1, 2, 3}, 3);
    vpp_put(vpp, (const uint32_t[]){4, 5}, 2);
    assert_true(vpp_get(vpp, indices, 3));
    assert_memory_equal(indices, ((const uint32_t[]){3, 4, 5}), 3 * sizeof(uint32_t));
    vpp_destroy(vpp);
}

static void test_all_or_none(void **state)
{
    struct vpp *vpp = vpp_create(5);
    uint32_t indices[5] = {0};

    vpp_put(vpp, (const uint32_t[]){1, 2, 3}, 3);
    assert_false(vpp_get(vpp, indices, 4));
    assert_int_equal(indices[0], 0);
    assert_true(vpp_get(vpp, indices, 3));
    assert_false(vpp_get(vpp, indices, 1));
    vpp_destroy(vpp);
}

static bool get(void *vpp, uint32_t *indices, uint32_t n)
{
    return vpp_get(vpp, indices, n);
}

static void put(void *vpp, const uint32_t *indices, uint32_t n)
{
    vpp_put(vpp, indices, n);
}

static void test_four_threads(void **state)
{
    struct four_threads ft = {.get = get, .put = put, .pool = vpp_create(FT_INDICES)};

    assert_int_equal(ft_play(&ft), 0);
    vpp_destroy(ft.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_in_first_out),
        cmocka_unit_test(test_all_or_none),
        cmocka_unit_test(test_four_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
