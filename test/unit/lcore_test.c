/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unit.h"
#include <errno.h>
#include <lab_atomic.h>
#include <lab_lcore.h>
#include <pthread.h>
#include <sched.h>

/* cmocka's assertions work in the main thread only: others return what went wrong, or NULL. */

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    void *wrong;

    assert_int_equal(pthread_create(&thread, NULL, body, argument), 0);
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
}

static void gives_and_takes_back(void **state)
{
    uint32_t lcore = 99;

    assert_int_equal(lab_lcore_self(), LAB_LCORE_ANY);
    assert_int_equal(lab_lcore_release(), -ENOENT);
    assert_int_equal(lab_lcore_acquire(&lcore), 0);
    assert_int_equal(lcore, 0);
    assert_int_equal(lab_lcore_self(), 0);
    lcore = 99;
    assert_int_equal(lab_lcore_acquire(&lcore), 0);
    assert_int_equal(lcore, 0);
    assert_int_equal(lab_lcore_release(), 0);
    assert_int_equal(lab_lcore_self(), LAB_LCORE_ANY);
    assert_int_equal(lab_lcore_release(), -ENOENT);
}

/* Ends without giving its id back. */
static void *expect_id(void *expected)
{
    uint32_t lcore;

    if (lab_lcore_self() != LAB_LCORE_ANY)
        return "a new thread has an id";
    if (lab_lcore_acquire(&lcore) || lcore != *(uint32_t *)expected)
        return "not the lowest free id";
    return lab_lcore_self() == lcore ? NULL : "self differs from what was acquired";
}

static void an_ended_thread_leaves_its_id(void **state)
{
    uint32_t mine, next = 1;

    assert_int_equal(lab_lcore_acquire(&mine), 0);
    assert_int_equal(mine, 0);
    run_thread(expect_id, &next);
    run_thread(expect_id, &next);
    assert_int_equal(lab_lcore_release(), 0);
}

static pthread_barrier_t all_here, may_end;

static void *hold_an_id(void *ret)
{
    void *wrong = lab_lcore_acquire(ret) ? "no id" : NULL;

    pthread_barrier_wait(&all_here);
    pthread_barrier_wait(&may_end);
    return wrong;
}

static void *expect_no_id(void *unused)
{
    uint32_t lcore = 99;

    if (lab_lcore_acquire(&lcore) != -ENOSPC)
        return "an id beyond the last";
    return lcore == 99 && lab_lcore_self() == LAB_LCORE_ANY ? NULL : "changed by a failure";
}

/* In the child the parent's other threads do not live. */
static int swaps_the_last_id_for_the_first(void *unused)
{
    uint32_t lcore = 99;

    return lab_lcore_self() != LAB_LCORE_MAX - 1 || lab_lcore_release() ||
           lab_lcore_acquire(&lcore) || lcore != 0;
}

static void ids_are_unique_and_run_out(void **state)
{
    enum { OTHERS = LAB_LCORE_MAX - 1 };
    pthread_t threads[OTHERS];
    uint32_t ids[OTHERS], mine;
    bool seen[LAB_LCORE_MAX] = {false};

    pthread_barrier_init(&all_here, NULL, OTHERS + 1);
    pthread_barrier_init(&may_end, NULL, OTHERS + 1);
    for (unsigned i = 0; i < OTHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_an_id, &ids[i]), 0);
    pthread_barrier_wait(&all_here);
    for (unsigned i = 0; i < OTHERS; i++) {
        assert_true(ids[i] < OTHERS);
        assert_false(seen[ids[i]]);
        seen[ids[i]] = true;
    }

    assert_int_equal(lab_lcore_acquire(&mine), 0);
    assert_int_equal(mine, LAB_LCORE_MAX - 1);
    run_thread(expect_no_id, NULL);
    assert_exited_with(0, status_of_child(swaps_the_last_id_for_the_first, NULL));
    assert_int_equal(lab_lcore_release(), 0);

    pthread_barrier_wait(&may_end);
    for (unsigned i = 0; i < OTHERS; i++) {
        void *wrong;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static lab_atomic_t holders[LAB_LCORE_MAX];

static void *come_and_go(void *unused)
{
    for (int i = 0; i < 2000; i++) {
        uint32_t lcore;
        uint64_t nobody = 0;

        if (lab_lcore_acquire(&lcore))
            return "no id";
        if (!lab_cas_relaxed(&holders[lcore], &nobody, 1))
            return "two threads have one id";
        if (i % 16 == 0)
            sched_yield();
        lab_store_relaxed(&holders[lcore], 0);
        if (lab_lcore_release())
            return "the id was lost";
    }
    return NULL;
}

static void no_two_threads_have_one_id(void **state)
{
    pthread_t threads[8];
    uint32_t lcore;

    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, NULL), 0);
    for (unsigned i = 0; i < 8; i++) {
        void *wrong;

        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_int_equal(lab_lcore_acquire(&lcore), 0);
    assert_int_equal(lcore, 0);
    assert_int_equal(lab_lcore_release(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_and_takes_back),
        cmocka_unit_test(an_ended_thread_leaves_its_id),
        cmocka_unit_test(ids_are_unique_and_run_out),
        cmocka_unit_test(no_two_threads_have_one_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
