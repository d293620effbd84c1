/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"

#include <lab_pool_layout.h>
#include <lab_region.h>
#include <stdio.h>
#include <string.h>

/* Pools that several processes find by name. Here the processes are forked children, whose copy of
 * the mapping is gone; test/stress/killed.c has others. */

static char name[LAB_POOL_NAME_SIZE];
static struct lab_pool *const untouched = (struct lab_pool *)0x5a5a;

static int set_up(void **state)
{
    skip_shared_regions_under_tsan();
    snprintf(name, sizeof(name), "attach-%d", (int)getpid());
    return 0;
}

static struct lab_pool *create(void)
{
    const struct lab_pool_options options = {.name = name,
                                             .count = 100,
                                             .buffer_bytes = 256,
                                             .node = LAB_NODE_ANY,
                                             .pages = LAB_PAGES_NORMAL,
                                             .shared = true};
    struct lab_error error;
    struct lab_pool *pool;

    assert_int_equal(lab_pool_create(&options, &pool, &error), 0);
    return pool;
}

/* Puts back what the parent got, and keeps a buffer of its own with a word in it. */
static int visit(void *handed_over)
{
    struct lab_pool *pool;
    void *buffer;

    if (lab_pool_attach(name, &pool, NULL) != 0)
        return 1;
    if (strcmp(handed_over, "from the parent") != 0 || lab_pool_count(pool) != 99)
        return 2;
    if (lab_pool_get(pool, 7, &buffer) != 0 || lab_pool_put(pool, 7, handed_over) != 0)
        return 3;
    strcpy(buffer, "from the child");
    return lab_pool_destroy(pool) == 0 ? 0 : 4;
}

static void test_buffers_go_from_process_to_process(void **state)
{
    struct lab_pool *pool = create();
    void *buffer;
    int status, found = 0;

    assert_int_equal(lab_pool_get(pool, 3, &buffer), 0);
    strcpy(buffer, "from the parent");
    status = status_of_child(visit, buffer);
    if (is_emulated() && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        assert_int_equal(lab_pool_destroy(pool), 0);
        skip_because("an emulator does not follow advice about memory");
    }
    assert_exited_with(0, status);
    assert_int_equal(lab_pool_count(pool), 99);
    for (uint32_t i = 0; i < 100; i++)
        found += strcmp(pool->buffers + i * pool->stride, "from the child") == 0;
    assert_int_equal(found, 1);
    assert_int_equal(lab_pool_destroy(pool), 0); /* though one is held */
    assert_int_equal(lab_pool_attach(name, &pool, NULL), -ENOENT);
}

static bool is_fenced(const struct lab_pool *pool, uint32_t lcore)
{
    return lab_deque_is_fenced_any(&pool->deque[lab_pool_lcore_index(lcore)]);
}

/* Takes all there is, from under an lcore of the parent that does not fence. */
static int take_all(void *unused)
{
    struct lab_pool *pool;
    void *buffers[100];

    if (lab_pool_attach(name, &pool, NULL) != 0)
        return 1;
    if (lab_pool_get_bulk(pool, 7, buffers, 100) != 0)
        return 2;
    if (lab_pool_put_bulk(pool, 7, buffers, 100) != 0 || !is_fenced(pool, 7))
        return 3;
    return lab_pool_destroy(pool) == 0 ? 0 : 4;
}

/* While the maker is alone with its pool, its gets are hot ones. */
static void test_gets_fence_when_another_process_comes(void **state)
{
    struct lab_pool *pool = create();
    void *buffers[100];

    if (pool->set.barrier == LAB_BARRIER_FENCE || is_emulated()) {
        assert_int_equal(lab_pool_destroy(pool), 0);
        skip_because("every get fences here, or an emulator does not follow advice about memory");
    }
    assert_int_equal(lab_pool_get_bulk(pool, 3, buffers, 100), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(lab_pool_put(pool, 3, buffers[i]), 0);
    assert_false(is_fenced(pool, 3));
    assert_exited_with(0, status_of_child(take_all, NULL));
    assert_false(is_fenced(pool, 3)); /* it has not called in since */
    assert_int_equal(lab_pool_get_bulk(pool, 3, buffers, 100), 0);
    assert_true(is_fenced(pool, 3));
    assert_int_equal(lab_pool_put_bulk(pool, 3, buffers, 100), 0);
    assert_int_equal(lab_pool_get(pool, 4, buffers), 0);
    assert_true(is_fenced(pool, 4)); /* from its first call on */
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static int expect_refused(const char *part, int wanted)
{
    struct lab_pool *pool = untouched;
    struct lab_error error;
    int rc = lab_pool_attach(name, &pool, &error);

    return rc == wanted && strstr(error.message, part) != NULL && pool == untouched ? 0 : 1;
}

static int refused_while_made(void *unused)
{
    return expect_refused("try again", -EAGAIN);
}

static int refused_as_strange(void *unused)
{
    return expect_refused("give all processes the same", -EPROTO);
}

static void assert_refused(int (*body)(void *))
{
    int status = status_of_child(body, NULL);

    if (!is_emulated())
        assert_exited_with(0, status);
}

static void test_refusals(void **state)
{
    struct lab_pool *pool = create();
    struct lab_pool_seed *seed = lab_pool_seed_of(&pool->region);

    seed->layout++;
    assert_refused(refused_as_strange);
    seed->layout--;
    seed->magic = 0;
    assert_refused(refused_as_strange);
    lab_store_relaxed(&seed->whole, 0);
    assert_refused(refused_while_made);
    seed->magic = 1; /* of another version, whose seed begins elsewhere */
    assert_refused(refused_as_strange);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

static void test_one_of_a_name(void **state)
{
    struct lab_pool *pool = create(), *second = untouched;
    struct lab_pool_options options = {
        .name = name, .count = 1, .buffer_bytes = 1, .node = LAB_NODE_ANY, .shared = true};
    struct lab_error error;

    assert_int_equal(lab_pool_create(&options, &second, &error), -EEXIST);
    assert_ptr_equal(second, untouched);
    assert_int_equal(lab_pool_attach(name, &second, &error), -EALREADY);
    assert_int_equal(lab_pool_attach("", &second, &error), -EINVAL);
    options.shared = false; /* a name is only a name then */
    assert_int_equal(lab_pool_create(&options, &second, &error), 0);
    assert_int_equal(lab_pool_destroy(second), 0);
    assert_int_equal(lab_pool_destroy(pool), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffers_go_from_process_to_process),
        cmocka_unit_test(test_gets_fence_when_another_process_comes),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_one_of_a_name),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
