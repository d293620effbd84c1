/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_audit_rig.h"

/* Cursors, and rings that are filled: the same as get and put. */

enum { COUNT = 3000, HELD_MAX = 2000, STEPS = 60000, ENTRIES = 64 };

/* One object by a cursor, which must be had exactly if one is free. */
static bool cursor_get(struct rig *rig, struct lab_pool_cursor *cursor, void **ret_object)
{
    int rc = lab_pool_cursor_get(cursor, ret_object);
    uint32_t index;

    assert_int_equal(rc, rig->held < rig->pool->count ? 0 : -ENOBUFS);
    if (rc != 0)
        return false;
    assert_int_equal(lab_pool_index(rig->pool, *ret_object, &index), 0);
    assert_false(rig->is_held[index]);
    rig->is_held[index] = true;
    rig->held++;
    return true;
}

static void cursor_put(struct rig *rig, struct lab_pool_cursor *cursor, void *object)
{
    uint32_t index;

    assert_int_equal(lab_pool_index(rig->pool, object, &index), 0);
    assert_true(rig->is_held[index]);
    rig->is_held[index] = false;
    rig->held--;
    assert_int_equal(lab_pool_cursor_put(cursor, object), 0);
}

/* Lcore 3 works by a cursor, in runs that go around its ring; lcore 5 and threads without an id
 * take from it, and give to it, by the pool's calls. */
static void work_beside_others(const struct lab_pool_options *options, uint32_t lcore)
{
    static const uint32_t others[] = {5, LAB_LCORE_ANY};
    void *mine[HELD_MAX], *theirs[HELD_MAX];
    unsigned n = 0, m = 0;
    struct lab_pool_cursor cursor;
    uint64_t random = 7;
    bool getting = true;
    struct rig rig;

    rig_make(&rig, options);
    rig_put_by(&rig, 5, rig.objects, rig.held, 32);
    lab_pool_cursor_open(&cursor, rig.pool, lcore);
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t other = others[random_below(&random, 2)];

        if (random_below(&random, 200) == 0)
            getting = !getting;
        if (getting && n < HELD_MAX)
            n += cursor_get(&rig, &cursor, &mine[n]);
        else if (!getting && n > 0)
            cursor_put(&rig, &cursor, mine[--n]);
        if (random_below(&random, 50) != 0)
            continue;
        if (m + 32 <= HELD_MAX && random_below(&random, 2) && rig_get(&rig, other, theirs + m, 32))
            m += 32;
        else if (m >= 32)
            rig_put(&rig, other, theirs + (m -= 32), 32);
        rig_check(&rig);
    }
    while (n > 0)
        cursor_put(&rig, &cursor, mine[--n]);
    rig_put_by(&rig, 5, theirs, m, 32);
    assert_int_equal(rig.held, 0);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void test_cursor(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct lab_pool_options options = plain_options((enum kind)kind, COUNT);

        work_beside_others(&options, 3);
        work_beside_others(&options, LAB_LCORE_ANY);
        options.deques = 1; /* lcore 5's: a cursor of another works through the stack */
        work_beside_others(&options, 3);
        options = plain_options((enum kind)kind, 40); /* runs empty */
        work_beside_others(&options, 3);
    }
}

static void test_cursor_of_no_lcore(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 8);
    struct lab_pool_cursor cursor;
    struct rig rig;
    void *object;

    options.lcores = 4;
    rig_make(&rig, &options);
    lab_pool_cursor_open(&cursor, rig.pool, 4);
    assert_int_equal(lab_pool_cursor_get(&cursor, &object), -EINVAL);
    assert_true(rig_get(&rig, 0, &object, 1));
    assert_int_equal(lab_pool_cursor_put(&cursor, object), -EINVAL);
    rig_put(&rig, 0, &object, 1);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* A level that rises is seen by the next call of a cursor that was opened before. */
static void test_cursor_under_an_audit(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct lab_pool_cursor cursor;
    struct rig rig;
    void *object;

    options.audit.records = true;
    rig_make(&rig, &options);
    lab_pool_cursor_open(&cursor, rig.pool, 3);
    assert_int_equal(lab_pool_cursor_get(&cursor, &object), 0);
    assert_int_equal(lab_pool_cursor_put(&cursor, object), 0);
    listen_from_now();
    assert_int_equal(lab_pool_set_audit(rig.pool, LAB_AUDIT_FULL), 0);
    settle(rig.pool);
    assert_int_equal(lab_pool_cursor_get(&cursor, &object), 0);
    assert_int_equal(lab_pool_cursor_put(&cursor, object), 0);
    assert_int_equal(reported, 0);
    assert_int_equal(lab_pool_cursor_put(&cursor, object), -EBADMSG);
    assert_int_equal(reported, 1);
    assert_int_equal(last.fault, LAB_AUDIT_DOUBLE_FREE);
    lab_audit_report_to(NULL, 0);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* A ring is filled in bursts of all sizes, from all places, and emptied again. */
static void fill(const struct lab_pool_options *options, uint32_t lcore, uint32_t step)
{
    uint64_t *words = zeroed(ENTRIES * step * sizeof(*words)), random = 3;
    struct rig rig;
    uint32_t at = 0;

    rig_make(&rig, options);
    rig_put_by(&rig, lcore, rig.objects, rig.held, 32);
    for (unsigned i = 0; i < 20000; i++) {
        unsigned n = 1 + random_below(&random, ENTRIES);
        bool enough = n <= rig.pool->count;
        const struct lab_pool_ring ring = {words, ENTRIES - 1, step,
                                           random_below(&random, 2) ? 0 : (uintptr_t)&rig};
        void *objects[ENTRIES];

        memset(words, 0x5a, ENTRIES * step * sizeof(*words));
        assert_int_equal(lab_pool_fill(rig.pool, lcore, &ring, at, n), enough ? 0 : -ENOBUFS);
        if (enough) {
            for (unsigned k = 0; k < n; k++) {
                uint64_t entry = words[((at + k) % ENTRIES) * step];
                uint32_t index;

                objects[k] = (void *)(uintptr_t)(entry + ring.origin);
                assert_int_equal(lab_pool_index(rig.pool, objects[k], &index), 0);
                assert_false(rig.is_held[index]);
                rig.is_held[index] = true;
            }
            for (uint32_t word = 0; step > 1 && word < ENTRIES * step; word++)
                if (word % step != 0)
                    assert_int_equal(words[word], UINT64_C(0x5a5a5a5a5a5a5a5a));
            rig.held += n;
            rig_put(&rig, random_below(&random, 4) ? lcore : 9, objects, n);
        }
        at += n;
        if (i % 64 == 0)
            rig_check(&rig);
    }
    rig_unmake(&rig);
    free(words);
}

static void test_fill(void **state)
{
    static const uint32_t counts[] = {40, 200, COUNT};

    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        struct lab_pool_options options = plain_options(i % 2 ? OBJECTS : BUFFERS, counts[i]);

        fill(&options, 3, 1);
        fill(&options, 3, 2);
        fill(&options, LAB_LCORE_ANY, 2);
    }
}

/* It is for the receive path: the reserve serves it last. */
static void test_fill_from_the_reserve(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    const struct lab_pool_ring ring = {(uint64_t[ENTRIES]){0}, ENTRIES - 1, 1, 0};
    void *objects[90];
    struct rig rig;

    options.reserve = 10;
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_get_bulk(rig.pool, 3, objects, 90), 0);
    assert_int_equal(lab_pool_fill(rig.pool, 3, &ring, 0, 11), -ENOBUFS);
    assert_int_equal(lab_pool_count(rig.pool), 10);
    assert_int_equal(lab_pool_fill(rig.pool, 3, &ring, 0, 10), 0);
    assert_int_equal(lab_pool_count(rig.pool), 0);
    for (unsigned i = 0; i < 10; i++) {
        assert_true(lab_pool_is_reserve(rig.pool, (void *)(uintptr_t)ring.words[i]));
        assert_int_equal(lab_pool_put(rig.pool, 3, (void *)(uintptr_t)ring.words[i]), 0);
    }
    assert_int_equal(lab_pool_put_bulk(rig.pool, 3, objects, 90), 0);
    rig_check(&rig);
    rig_unmake(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor),
        cmocka_unit_test(test_cursor_of_no_lcore),
        cmocka_unit_test(test_cursor_under_an_audit),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_fill_from_the_reserve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
