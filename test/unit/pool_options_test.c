/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pool_rig.h"
#include <lab_intercept.h>

/* Making and unmaking pools: what is refused, in which words, and what a pool costs. */

static struct lab_pool *const untouched = (void *)0x1234;

static void expect_error(const struct lab_error *error, int code, const char *words)
{
    assert_int_equal(error->code, code);
    if (strstr(error->message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, words);
}

/* All three makers refuse the options alike, and change nothing. */
static void expect_refused(const struct lab_pool_options *options, int code, const char *words)
{
    struct lab_pool_options objects = *options;
    struct lab_pool *pool = untouched;
    struct lab_error error;
    size_t bytes = 77;
    char memory[64] = {0}, zero[64] = {0};

    assert_int_equal(lab_pool_create(options, &pool, &error), code);
    expect_error(&error, code, words);
    assert_int_equal(lab_pool_footprint(options, &bytes, &error), code);
    expect_error(&error, code, words);
    if (options->buffer_bytes <= 4096)
        objects.buffer_bytes = 0;
    assert_int_equal(lab_pool_init(memory, &objects, &pool, &error), code);
    expect_error(&error, code, words);

    assert_int_equal(lab_pool_create(options, &pool, NULL), code);
    assert_int_equal(lab_pool_footprint(options, &bytes, NULL), code);
    assert_int_equal(lab_pool_init(memory, &objects, &pool, NULL), code);
    assert_ptr_equal(pool, untouched);
    assert_int_equal(bytes, 77);
    assert_memory_equal(memory, zero, sizeof(memory));
}

#define expect_refused_with(words, ...)                                                            \
    do {                                                                                           \
        struct lab_pool_options wrong_ = plain_options(BUFFERS, 100);                              \
        struct lab_pool_options *with = &wrong_;                                                   \
                                                                                                   \
        __VA_ARGS__;                                                                               \
        expect_refused(with, -EINVAL, words);                                                      \
    } while (0)

/* A pool of buffers may be found by its name; objects of a program may have none. */
static void only_pools_of_objects_may_have_no_name(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct lab_error error = {0};
    struct lab_pool *pool;
    struct rig rig;

    options.name = "";
    assert_int_equal(lab_pool_create(&options, &pool, &error), -EINVAL);
    expect_error(&error, -EINVAL, "name has 1 to 31 characters");
    options = plain_options(OBJECTS, 100);
    options.name = "";
    rig_make(&rig, &options);
    assert_string_equal(rig.pool->name, "");
    rig_put(&rig, 0, rig.objects, 100);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void every_wrong_option_has_its_own_error(void **state)
{
    expect_refused_with("name has 1 to 31 characters", with->name = NULL);
    expect_refused_with("name has 1 to 31 characters",
                        with->name = "01234567890123456789012345678901");
    expect_refused_with("pool test: a count of 0 asked for, 1 to 268435454", with->count = 0);
    expect_refused_with("a count of 268435455", with->count = LAB_POOL_COUNT_MAX + 1);
    expect_refused_with("a count of 4294967295", with->count = UINT32_MAX);
    expect_refused_with("lcores of 4097 asked for, 0 to 4096", with->lcores = 4097);
    expect_refused_with("lcores of 4294967295", with->lcores = UINT32_MAX);
    expect_refused_with("deques of 129 asked for, 0 to 128", with->deques = 129);
    expect_refused_with("prefetch_lines of 3 asked for, 0 to 2 ", with->prefetch_lines = 3);
    expect_refused_with("steal_max of 513 asked for, 0 to 512", with->steal_max = 513);
    expect_refused_with("an alignment of 8192", with->align = 8192);
    expect_refused_with("an alignment of 65 asked for, it must be a power of two",
                        with->align = 65);
    expect_refused_with("a private_size of at most 32 and a steal_max of at most 64 fit 100",
                        with->private_size = 33);
    expect_refused_with("a private_size of at most 32 and a steal_max of at most 64 fit 100",
                        with->steal_max = 65);
    expect_refused_with("buffer_bytes of 1073741825 asked for, 0 to 1073741824",
                        with->buffer_bytes = (1u << 30) + 1);
}

static void the_largest_and_smallest_options_are_right(void **state)
{
    const struct lab_pool_options right[] = {
        {.name = "0123456789012345678901234567890", .count = 1, .buffer_bytes = 1},
        {.name = "a", .count = LAB_POOL_COUNT_MAX, .buffer_bytes = 1u << 30},
        {.name = "a", .count = LAB_POOL_COUNT_MAX, .lcores = 4096, .deques = 128},
        {.name = "a",
         .count = 100,
         .private_size = 32,
         .steal_max = 64,
         .align = 4096,
         .lcores = 1},
    };

    for (unsigned i = 0; i < 4; i++) {
        size_t bytes = 0;

        assert_int_equal(lab_pool_footprint(&right[i], &bytes, NULL), 0);
        assert_true(bytes > (size_t)right[i].count * 8);
    }
}

static void each_kind_has_its_maker(void **state)
{
    struct lab_pool_options buffers = plain_options(BUFFERS, 10);
    struct lab_pool_options objects = plain_options(OBJECTS, 10);
    struct lab_pool *pool = untouched;
    struct lab_error error;

    assert_int_equal(lab_pool_create(&objects, &pool, &error), -EINVAL);
    expect_error(&error, -EINVAL, "pool test: buffers of 0 bytes");
    assert_int_equal(lab_pool_init(&error, &buffers, &pool, &error), -EINVAL);
    expect_error(&error, -EINVAL, "pool test: lab_pool_init() takes objects");
    assert_int_equal(lab_pool_init(NULL, &buffers, &pool, &error), -EINVAL);
    expect_error(&error, -EINVAL, "lab_pool_init() needs memory of the caller's");
    assert_ptr_equal(pool, untouched);
}

/* 2^58 bytes: more than any machine has, and less than what overflows. */
static void more_memory_than_there_is(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, LAB_POOL_COUNT_MAX);
    struct lab_pool *pool = untouched;
    struct lab_error error;

    options.buffer_bytes = 1u << 30;
    assert_int_equal(lab_pool_create(&options, &pool, &error), -ENOMEM);
    expect_error(&error, -ENOMEM, "pool test: ");
    assert_ptr_equal(pool, untouched);

    options = plain_options(BUFFERS, 10);
    options.pages = 99;
    assert_int_equal(lab_pool_create(&options, &pool, &error), -EINVAL);
    expect_error(&error, -EINVAL, "pool test: ");
    assert_ptr_equal(pool, untouched);
}

static void buffers_are_aligned_and_apart(void **state)
{
    static const uint32_t aligns[] = {0, 1, 2, 64, 128, 4096}, sizes[] = {1, 63, 64, 65, 2176};

    for (unsigned a = 0; a < 6; a++)
        for (unsigned s = 0; s < 5; s++) {
            struct lab_pool_options options = plain_options(BUFFERS, 65);
            uint32_t align = aligns[a] != 0 ? aligns[a] : 64;
            struct rig rig;

            options.align = aligns[a];
            options.buffer_bytes = sizes[s];
            rig_make_held(&rig, &options);
            for (unsigned i = 0; i < 65; i++) {
                assert_int_equal((uintptr_t)rig.objects[i] % align, 0);
                memset(rig.objects[i], (int)i, sizes[s]);
            }
            for (unsigned i = 0; i < 65; i++)
                for (unsigned byte = 0; byte < sizes[s]; byte++)
                    assert_int_equal(((uint8_t *)rig.objects[i])[byte], i);
            rig_check(&rig);
            rig_put(&rig, 0, rig.objects, 65);
            rig_unmake(&rig);
        }
}

static void is_not_destroyed_while_buffers_are_held(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct rig rig;
    void *held = NULL;

    rig_make(&rig, &options);
    assert_true(rig_get(&rig, 0, &held, 1));
    assert_int_equal(lab_pool_destroy(rig.pool), -EBUSY);
    memset(held, 1, 100);
    rig_check(&rig);
    rig_put(&rig, 0, &held, 1);
    rig_unmake(&rig);
    assert_int_equal(lab_pool_destroy(NULL), 0);
}

static void adopts_each_object_once(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 10);
    char more[64], *object;
    struct rig rig;
    size_t bytes;
    void *memory;
    struct lab_pool *pool;

    assert_int_equal(lab_pool_footprint(&options, &bytes, NULL), 0);
    memory = zeroed(bytes);
    assert_int_equal(lab_pool_init(memory, &options, &pool, NULL), 0);
    object = zeroed(640);
    for (int i = 0; i < 10; i++) {
        uint32_t index = 99;

        assert_int_equal(lab_pool_index(pool, object + i * 64, &index), -ENOENT);
        assert_int_equal(lab_pool_adopt(pool, object + i * 64), 0);
        if (i < 9)
            assert_int_equal(lab_pool_adopt(pool, object + i * 32 / 64 * 64), -EEXIST);
        assert_int_equal(lab_pool_index(pool, object + i * 64, &index), 0);
        assert_int_equal(index, i);
        assert_int_equal(lab_pool_count(pool), 0);
    }
    assert_int_equal(lab_pool_adopt(pool, more), -ENOSPC);
    free(object);
    free(memory);

    options = plain_options(BUFFERS, 10);
    rig_make(&rig, &options);
    assert_int_equal(lab_pool_adopt(rig.pool, more), -ENOSPC);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void forgets_its_objects_when_all_are_held(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 100);
    struct rig rig;

    rig_make_held(&rig, &options);
    rig_put(&rig, 0, rig.objects, 1);
    assert_int_equal(lab_pool_disown_all(rig.pool), -EBUSY);
    rig_get(&rig, 1, rig.objects, 1);
    assert_int_equal(lab_pool_disown_all(rig.pool), 0);
    for (int i = 99; i >= 0; i--) {
        uint32_t index = 5555;

        assert_int_equal(lab_pool_index(rig.pool, rig.objects[i], &index), -ENOENT);
        assert_int_equal(lab_pool_adopt(rig.pool, rig.objects[i]), 0);
    }
    rig_put(&rig, LAB_LCORE_ANY, rig.objects, 100);
    rig_check(&rig);
    rig_unmake(&rig);
}

/* Buffers cannot be forgotten: nobody could tell the pool of them again. */
static void never_forgets_its_buffers(void **state)
{
    struct lab_pool_options options = plain_options(BUFFERS, 100);
    struct rig rig;

    rig_make_held(&rig, &options);
    assert_int_equal(lab_pool_disown_all(rig.pool), -EINVAL);
    rig_put(&rig, 0, rig.objects, 100);
    rig_check(&rig);
    rig_unmake(&rig);
}

static void memory_must_be_aligned(void **state)
{
    struct lab_pool_options options = plain_options(OBJECTS, 100);
    struct lab_pool *pool = untouched;
    struct lab_error error;
    size_t bytes;
    char *memory;

    assert_int_equal(lab_pool_footprint(&options, &bytes, NULL), 0);
    memory = zeroed(bytes + LAB_CACHE_LINE);
    for (size_t off = 1; off < LAB_CACHE_LINE; off++) {
        assert_int_equal(lab_pool_init(memory + off, &options, &pool, &error), -EINVAL);
        expect_error(&error, -EINVAL, "is not aligned to 64 bytes");
    }
    assert_ptr_equal(pool, untouched);
    assert_int_equal(memory[0], 0);
    free(memory);
}

static void index_knows_its_objects_and_no_others(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        struct lab_pool_options options = plain_options(kind, 1000);
        size_t step = kind == BUFFERS ? 128 : OBJECT_BYTES;
        struct rig rig;
        char *first;

        rig_make_held(&rig, &options);
        first = kind == BUFFERS ? rig.pool->buffers : rig.object_memory;
        for (size_t at = 0; at < 1000 * step; at++) {
            uint32_t index = 5555;

            assert_int_equal(lab_pool_index(rig.pool, first + at, &index),
                             at % step == 0 ? 0 : -ENOENT);
            assert_int_equal(index, at % step == 0 ? at / step : 5555);
        }
        for (int far = 0; far < 4; far++) {
            const void *const wrong[] = {NULL, first - step, first + 1000 * step,
                                         (void *)UINTPTR_MAX};
            uint32_t index = 5555;

            assert_int_equal(lab_pool_index(rig.pool, wrong[far], &index), -ENOENT);
            assert_int_equal(index, 5555);
        }
        rig_put(&rig, 0, rig.objects, 1000);
        rig_unmake(&rig);
    }
}

/* In percent of the buffers' memory: 2,048 bytes and 128 of headroom, or an mbuf of DPDK with its
 * header and the mempool's. */
static double overhead(enum kind kind, uint32_t count, uint32_t deques)
{
    struct lab_pool_options options = plain_options(kind, count);
    size_t bytes;

    options.lcores = options.deques = deques;
    options.buffer_bytes = kind == BUFFERS ? 2176 : 0;
    assert_int_equal(lab_pool_footprint(&options, &bytes, NULL), 0);
    return 100.0 * (double)bytes / ((kind == BUFFERS ? 2176.0 : 2368.0) * count);
}

static void costs_at_most_five_percent(void **state)
{
    double most[2] = {0, 0};

    for (int kind = BUFFERS; kind <= OBJECTS; kind++) {
        for (uint32_t count = 4096; count <= 1000000; count += count / 64)
            for (int off = -1; off <= 1; off++)
                if (overhead(kind, count + (uint32_t)off, 16) > most[kind])
                    most[kind] = overhead(kind, count + (uint32_t)off, 16);
        /* The unluckiest: just beyond a power of two, and where a deque just gets as many. */
        for (uint32_t power = 4096; power <= 1 << 19; power *= 2)
            for (int off = -2; off <= 2; off++) {
                uint32_t unlucky[] = {power + (uint32_t)off + 2, power * 5 / 3 + (uint32_t)off};

                for (int i = 0; i < 2; i++)
                    if (overhead(kind, unlucky[i], 16) > most[kind])
                        most[kind] = overhead(kind, unlucky[i], 16);
            }
        print_message("at most %.2f %% for %s\n", most[kind],
                      kind == BUFFERS ? "buffers" : "mbufs");
        assert_true(most[kind] <= 5.0);
    }
}

/* More deques share the slots of sixteen. */
static void costs_no_more_with_many_deques(void **state)
{
    for (int kind = BUFFERS; kind <= OBJECTS; kind++)
        for (uint32_t count = 65536; count <= 1000000; count += count / 64)
            for (uint32_t deques = 32; deques <= LAB_LCORE_MAX; deques *= 2)
                assert_true(overhead(kind, count, deques) <= 5.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wrong_option_has_its_own_error),
        cmocka_unit_test(only_pools_of_objects_may_have_no_name),
        cmocka_unit_test(the_largest_and_smallest_options_are_right),
        cmocka_unit_test(each_kind_has_its_maker),
        cmocka_unit_test(more_memory_than_there_is),
        cmocka_unit_test(buffers_are_aligned_and_apart),
        cmocka_unit_test(is_not_destroyed_while_buffers_are_held),
        cmocka_unit_test(adopts_each_object_once),
        cmocka_unit_test(forgets_its_objects_when_all_are_held),
        cmocka_unit_test(never_forgets_its_buffers),
        cmocka_unit_test(memory_must_be_aligned),
        cmocka_unit_test(index_knows_its_objects_and_no_others),
        cmocka_unit_test(costs_at_most_five_percent),
        cmocka_unit_test(costs_no_more_with_many_deques),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
