/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#define LAB_POOL_CHECKS 1
#include "pool_rig.h"

/* A checking build: put looks at everything first. */

static const uint32_t lcores[] = {0, 5, LAB_LCORE_ANY};

static void expect_refused(struct rig *rig, void *wrong)
{
    for (unsigned l = 0; l < 3; l++) {
        for (unsigned at = 0; at < 32; at++) {
            void *objects[32];

            memcpy(objects, rig->objects, sizeof(objects));
            objects[at] = wrong;
            assert_int_equal(lab_pool_put_bulk(rig->pool, lcores[l], objects, 32), -EINVAL);
        }
        assert_int_equal(lab_pool_put(rig->pool, lcores[l], wrong), -EINVAL);
    }
    rig_check(rig);
}

static void put_refuses_what_is_not_the_pools(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct lab_pool_options options = plain_options(kind, 255);
        struct rig rig, other;
        char *first;

        rig_make_held(&rig, &options);
        rig_make_held(&other, &options);
        rig_put(&rig, 5, rig.objects + 100, 155);
        first = kind == BUFFERS ? rig.pool->buffers : rig.object_memory;
        expect_refused(&rig, NULL);
        expect_refused(&rig, &rig);
        expect_refused(&rig, rig.pool);
        expect_refused(&rig, other.objects[0]);
        expect_refused(&rig, first - 1);
        expect_refused(&rig, first + 1);
        expect_refused(&rig, first + 64);
        expect_refused(&rig, first + 255 * (size_t)(kind == BUFFERS ? 128 : OBJECT_BYTES));
        expect_refused(&rig, (void *)UINTPTR_MAX);
        rig_put(&rig, 0, rig.objects, 100);
        rig_check(&rig);
        rig_put(&other, 0, other.objects, 255);
        rig_unmake(&rig);
        rig_unmake(&other);
    }
}

static void and_an_id_out_of_range(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 10);
    struct rig rig;

    options.lcores = 2;
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_put_bulk(rig.pool, 2, rig.objects, 10), -EINVAL);
    assert_int_equal(lab_pool_put_bulk(rig.pool, 2, rig.objects, 0), -EINVAL);
    rig_check(&rig);
    rig_put(&rig, 1, rig.objects, 10);
    rig_check(&rig);
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_refuses_what_is_not_the_pools),
        cmocka_unit_test(and_an_id_out_of_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
