/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The calls of several threads: lcores, threads that register later, and threads without an id.
 * Eight lcores share two CPUs, so that one that holds up others is found out. */

#include "driver_test.h"
#include "patience.h"

#include <pthread.h>
#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_random.h>
#include <rte_ring.h>
#include <stdbool.h>
#include <unistd.h>

#define WORKERS 7u
#define POOL 8191u

static void *objects[POOL];

/* A thread's work and what it found. */
struct work {
    struct rte_mempool *mp;
    void **objects;
    unsigned int n;
    int found;
};

static struct work works[RTE_MAX_LCORE];

/* Runs `run` on every worker with its own share of the objects, and waits for all. Returns the sum
 * of what they found. */
static int on_all_workers(lcore_function_t *run, struct rte_mempool *mp, unsigned int share)
{
    unsigned int lcore, i = 0;
    int found = 0;

    RTE_LCORE_FOREACH_WORKER (lcore) {
        works[lcore] = (struct work){mp, objects + i++ * share, share, 0};
        assert_int_equal(rte_eal_remote_launch(run, &works[lcore], lcore), 0);
    }
    assert_int_equal(i, WORKERS);
    rte_eal_mp_wait_lcore();
    RTE_LCORE_FOREACH_WORKER (lcore)
        found += works[lcore].found;
    return found;
}

static int put_share(void *arg)
{
    struct work *work = arg;

    put_all(work->mp, work->objects, work->n);
    return 0;
}

static int drain_all(void *arg)
{
    struct work *work = arg;

    work->found = (int)drain(work->mp, work->objects, work->n);
    return 0;
}

static void *drain_all_on_thread(void *arg)
{
    (void)drain_all(arg);
    return NULL;
}

/* Registered like an lcore while it works. */
static void *drain_all_registered(void *arg)
{
    struct work *work = arg;

    if (rte_thread_register() != 0)
        return NULL;
    (void)drain_all(work);
    rte_thread_unregister();
    return NULL;
}

static int run_thread(void *(*run)(void *arg), struct work *work)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, work), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return work->found;
}

/* Nobody's objects are stranded: all lcores free a share, all are idle, and one gets everything. */
static void test_one_drains_what_seven_freed(void **state)
{
    static void *(*const drainers[])(void *) = {NULL, drain_all_on_thread, drain_all_registered};
    struct rte_mempool *mp = make_pool(POOL, 64, 0);
    unsigned int worker = rte_get_next_lcore(-1, 1, 0);

    assert_int_equal(drain(mp, objects, POOL), POOL);
    for (unsigned int round = 0; round < 40; round++) {
        struct work work = {mp, objects, POOL, 0};
        void *one_more;

        (void)on_all_workers(put_share, mp, POOL / WORKERS);
        put_all(mp, objects + POOL / WORKERS * WORKERS, POOL % WORKERS);
        assert_int_equal(driver_count(mp), POOL);
        if (round % 4 == 3) {
            assert_int_equal(rte_eal_remote_launch(drain_all, &work, worker), 0);
            rte_eal_wait_lcore(worker);
        } else if (drainers[round % 4] != NULL) {
            (void)run_thread(drainers[round % 4], &work);
        } else {
            (void)drain_all(&work);
        }
        assert_int_equal(work.found, POOL);
        assert_true(rte_mempool_get(mp, &one_more) < 0);
        assert_int_equal(driver_count(mp), 0);
        assert_int_equal(mark(objects, POOL, 1), 0);
        assert_int_equal(mark(objects, POOL, 0), 0);
    }
    put_all(mp, objects, POOL);
    rte_mempool_free(mp);
}

/* Gets and puts bursts of all sizes for a while. Found: objects with two holders. */
static int churn(void *arg)
{
    enum { MOST = 600 };
    struct work *work = arg;
    void *held[MOST];
    unsigned int n = 0;

    for (int i = 0; i < 5000; i++) {
        static const unsigned int bulks[] = {1, 7, 32, 48, 384, 512};
        unsigned int bulk = bulks[rte_rand_max(RTE_DIM(bulks))];

        if (rte_rand_max(2) != 0 && n + bulk <= MOST &&
            rte_mempool_get_bulk(work->mp, held + n, bulk) == 0) {
            work->found += (int)mark(held + n, bulk, 1);
            n += bulk;
        } else if (n > 0) {
            bulk = RTE_MIN(bulk, n);
            n -= bulk;
            work->found += (int)mark(held + n, bulk, 0);
            rte_mempool_put_bulk(work->mp, held + n, bulk);
        }
    }
    work->found += (int)mark(held, n, 0);
    put_all(work->mp, held, n);
    return 0;
}

static void *churn_on_thread(void *arg)
{
    (void)churn(arg);
    return NULL;
}

static void *churn_registered(void *arg)
{
    struct work *work = arg;

    if (rte_thread_register() != 0) {
        work->found = 1; /* as bad as an object with two holders */
        return NULL;
    }
    (void)churn(work);
    rte_thread_unregister();
    return NULL;
}

/* Lcores, registered threads and threads without an id at the same time, on a pool that is too
 * small for all of them. */
static void check_churn(unsigned int cache)
{
    enum { THREADS = 6 };
    struct rte_mempool *mp = make_pool(2047, 64, cache);
    struct work extra[THREADS];
    pthread_t thread[THREADS];
    int twice;

    for (int i = 0; i < THREADS; i++) {
        extra[i] = (struct work){.mp = mp};
        assert_int_equal(pthread_create(&thread[i], NULL,
                                        i % 2 == 0 ? churn_on_thread : churn_registered, &extra[i]),
                         0);
    }
    twice = on_all_workers(churn, mp, 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        twice += extra[i].found;
    }
    assert_int_equal(twice, 0);
    /* At rest the count is exact: programs wait for "full" before they free a pool. */
    assert_int_equal(rte_mempool_avail_count(mp), 2047);
    assert_true(rte_mempool_full(mp));
    if (cache == 0)
        assert_int_equal(drain(mp, objects, POOL), 2047);
    rte_mempool_free(mp);
}

static void test_churn_without_cache(void **state)
{
    check_churn(0);
}

static void test_churn_with_cache(void **state)
{
    check_churn(256);
}

/* One lcore gets, another puts. */
struct pipeline {
    struct rte_mempool *mp;
    struct rte_ring *ring;
    unsigned int burst;
    unsigned int wanted;
    bool stopped;
};

static int receive(void *arg)
{
    struct pipeline *line = arg;
    uint64_t since = rte_get_tsc_cycles();
    void *burst[32];

    for (unsigned int sent = 0; sent < line->wanted;) {
        bool came = rte_mempool_get_bulk(line->mp, burst, line->burst) == 0;

        if (came) {
            while (rte_ring_enqueue_bulk(line->ring, burst, line->burst, NULL) == 0)
                pause_a_little();
            sent += line->burst;
        }
        if (!patient(&since, came)) {
            __atomic_store_n(&line->stopped, true, __ATOMIC_RELAXED);
            return -1;
        }
    }
    return 0;
}

static int transmit(void *arg)
{
    struct pipeline *line = arg;
    void *burst[32];

    for (unsigned int freed = 0; freed < line->wanted;) {
        unsigned int n = rte_ring_dequeue_burst(line->ring, burst, 32, NULL);

        if (n == 0) {
            if (__atomic_load_n(&line->stopped, __ATOMIC_RELAXED))
                return -1;
            pause_a_little();
            continue;
        }
        rte_mempool_put_bulk(line->mp, burst, n);
        freed += n;
    }
    return 0;
}

/* A pool that an idle main lcore has filled: its private part must not keep what the others
 * need. */
static void test_small_pools_keep_moving(void **state)
{
    static const unsigned int sizes[] = {63, 255, 511, 1023};
    unsigned int first = rte_get_next_lcore(-1, 1, 0);
    unsigned int second = rte_get_next_lcore(first, 1, 0);

    for (size_t s = 0; s < RTE_DIM(sizes); s++) {
        struct pipeline line = {
            .mp = make_pool(sizes[s], 64, 0),
            .ring = rte_ring_create("line", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ),
            .burst = 32,
            .wanted = 20000 / 32 * 32,
        };

        assert_non_null(line.ring);
        assert_int_equal(drain(line.mp, objects, POOL), sizes[s]);
        put_all(line.mp, objects, sizes[s]);
        assert_int_equal(rte_eal_remote_launch(receive, &line, first), 0);
        assert_int_equal(rte_eal_remote_launch(transmit, &line, second), 0);
        assert_int_equal(rte_eal_wait_lcore(first), 0);
        assert_int_equal(rte_eal_wait_lcore(second), 0);
        assert_int_equal(driver_count(line.mp), sizes[s]);
        rte_ring_free(line.ring);
        rte_mempool_free(line.mp);
    }
}

int run_thread_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_drains_what_seven_freed),
        cmocka_unit_test(test_churn_without_cache),
        cmocka_unit_test(test_churn_with_cache),
        cmocka_unit_test(test_small_pools_keep_moving),
    };

    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
