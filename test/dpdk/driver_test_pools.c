/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The calls of one thread: making, filling, using and freeing pools. */

#include "driver_test.h"

#include <errno.h>
#include <lab_pool.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Populates a pool that cannot be had. Returns the error, and what was logged, to be freed. */
static int fail_to_populate(unsigned int size, char **ret_said)
{
    struct rte_mempool *mp = make_empty_pool(size, 64, 0, 0);
    size_t length;
    FILE *log = open_memstream(ret_said, &length);
    int rc;

    assert_non_null(log);
    rte_openlog_stream(log);
    rc = rte_mempool_populate_default(mp);
    rte_openlog_stream(NULL);
    fclose(log);
    rte_mempool_free(mp);
    return rc;
}

/* -ENOMEM, and no other: Open vSwitch tries again with a smaller pool only then. */
static void test_too_little_memory(void **state)
{
    char *said;

    assert_int_equal(fail_to_populate(200000000, &said), -ENOMEM);
    assert_non_null(strstr(said, "mempool test needs "));
    assert_non_null(strstr(said, " KiB on socket "));
    assert_non_null(strstr(said, "hugeadm --pool-pages-min"));
    free(said);
}

static void test_too_many_objects(void **state)
{
    char *said;

    assert_int_equal(fail_to_populate(1u << 30, &said), -EINVAL);
    assert_non_null(strstr(said, "a count of 1073741824 asked for"));
    free(said);
}

static void test_free_before_populate(void **state)
{
    struct rte_mempool *mp = make_empty_pool(100, 64, 0, 0);

    assert_null(mp->pool_data);
    assert_int_equal(driver_count(mp), 0);
    rte_mempool_free(mp);
}

static void test_all_or_nothing(void **state)
{
    struct rte_mempool *mp = make_pool(100, 64, 0);
    void *objects[101];

    assert_true(rte_mempool_ops_dequeue_bulk(mp, objects, 101) < 0);
    assert_int_equal(driver_count(mp), 100);
    assert_int_equal(rte_mempool_ops_dequeue_bulk(mp, objects, 60), 0);
    assert_int_equal(driver_count(mp), 40);
    assert_true(rte_mempool_ops_dequeue_bulk(mp, objects + 60, 41) < 0);
    assert_int_equal(driver_count(mp), 40);
    assert_int_equal(rte_mempool_ops_dequeue_bulk(mp, objects + 60, 40), 0);
    assert_int_equal(driver_count(mp), 0);
    assert_true(rte_mempool_ops_dequeue_bulk(mp, objects + 100, 1) < 0);
    assert_int_equal(mark(objects, 100, 1), 0);
    assert_int_equal(rte_mempool_ops_enqueue_bulk(mp, objects, 100), 0);
    assert_int_equal(driver_count(mp), 100);
    rte_mempool_free(mp);
}

/* rte_mempool asks for more straight into its cache. When that fails it takes the array for
 * untouched: what had been written there would be handed out twice. */
static void test_failure_leaves_the_array_alone(void **state)
{
    struct rte_mempool *mp = make_pool(1000, 64, 0);
    void *objects[1000], *array[1024], *before[1024];

    for (unsigned int i = 0; i < RTE_DIM(before); i++)
        before[i] = &before[i];
    for (unsigned int free = 0; free < 1000; free += 37) {
        unsigned int n = 1000 - free;

        assert_int_equal(rte_mempool_ops_dequeue_bulk(mp, objects, n), 0);
        for (unsigned int want = free + 1; want <= 1024; want += 97) {
            memcpy(array, before, sizeof(array));
            assert_true(rte_mempool_ops_dequeue_bulk(mp, array, want) < 0);
            assert_memory_equal(array, before, sizeof(array));
        }
        put_all(mp, objects, n);
    }
    rte_mempool_free(mp);
}

/* As DPDK's caches ask for: one, half of a cache, one and a half, and 1024. */
static void test_bulk_sizes(void **state)
{
    static const unsigned int bulks[] = {1, 48, 384, 512, 1024};
    static void *objects[4000];
    struct rte_mempool *mp = make_pool(4000, 64, 0);

    for (size_t b = 0; b < RTE_DIM(bulks); b++) {
        unsigned int bulk = bulks[b], n = 0;

        while (rte_mempool_ops_dequeue_bulk(mp, objects + n, bulk) == 0)
            n += bulk;
        assert_int_equal(n, 4000 / bulk * bulk);
        assert_int_equal(mark(objects, n, 1), 0);
        assert_int_equal(driver_count(mp), 4000 - n);
        assert_int_equal(mark(objects, n, 0), 0);
        for (unsigned int i = 0; i < n; i += bulk)
            assert_int_equal(rte_mempool_ops_enqueue_bulk(mp, objects + i, bulk), 0);
        assert_int_equal(driver_count(mp), 4000);
    }
    rte_mempool_free(mp);
}

static void test_mbuf_pools_of_many_sizes(void **state)
{
    static const unsigned int sizes[] = {1, 63, 8191, 262144};
    static struct rte_mbuf *mbufs[262144];

    for (size_t s = 0; s < RTE_DIM(sizes); s++) {
        unsigned int size = sizes[s], n = 0;
        struct rte_mempool *mp =
            rte_pktmbuf_pool_create_by_ops("test", size, 0, 0, 512, SOCKET_ID_ANY, "labyrinth");

        if (mp == NULL && rte_errno == ENOMEM && size == 262144) {
            puts("needs 300 MiB for 262144 mbufs: hugeadm --pool-pages-min 2MB:150");
            skip();
        }
        assert_non_null(mp);
        while (n < size && (mbufs[n] = rte_pktmbuf_alloc(mp)) != NULL)
            n++;
        assert_int_equal(n, size);
        assert_null(rte_pktmbuf_alloc(mp));
        assert_true(rte_mempool_empty(mp));
        rte_pktmbuf_free_bulk(mbufs, n);
        assert_true(rte_mempool_full(mp));
        rte_mempool_free(mp);
    }
}

/* The lines that a PMD and a NIC write first; other objects' are nobody's business. */
static void test_prefetches_lines_of_mbufs_only(void **state)
{
    static const struct {
        unsigned int priv, room, prefetch_lines;
    } cases[] = {{0, 2176, 2}, {64, 512, 2}, {8, RTE_PKTMBUF_HEADROOM, 1}, {0, 0, 1}};
    struct rte_mempool *mp;
    const struct lab_pool *pool;

    assert_int_equal(setenv("LABYRINTH_OPTIONS", "prefetch=on", 1), 0);
    mp = make_pool(100, 2304, 0);
    pool = mp->pool_data;
    assert_int_equal(pool->prefetch_lines, 0);
    rte_mempool_free(mp);
    for (size_t c = 0; c < RTE_DIM(cases); c++) {
        mp = rte_pktmbuf_pool_create_by_ops("test", 100, 0, (uint16_t)cases[c].priv,
                                            (uint16_t)cases[c].room, SOCKET_ID_ANY, "labyrinth");
        assert_non_null(mp);
        pool = mp->pool_data;
        assert_int_equal(pool->prefetch_lines, cases[c].prefetch_lines);
        assert_int_equal(pool->prefetch[0], 0);
        if (cases[c].prefetch_lines == 2)
            assert_int_equal(pool->prefetch[1],
                             sizeof(struct rte_mbuf) + cases[c].priv + RTE_PKTMBUF_HEADROOM);
        rte_mempool_free(mp);
    }
    assert_int_equal(unsetenv("LABYRINTH_OPTIONS"), 0);
}

/* Programs fill all free mbufs at start-up, and expect them back as they were. */
static void test_free_objects_keep_their_content(void **state)
{
    enum { SIZE = 2000, BYTES = 256 };
    static void *objects[SIZE], *again[SIZE];
    struct rte_mempool *mp = make_pool(SIZE, BYTES, 0);
    unsigned char wanted[BYTES];

    assert_int_equal(drain(mp, objects, SIZE), SIZE);
    for (unsigned int i = 0; i < SIZE; i++) {
        memset(objects[i], 0xa5, BYTES);
        memcpy(objects[i], &objects[i], sizeof(objects[i]));
    }
    put_all(mp, objects, SIZE);
    for (int round = 0; round < 3; round++) {
        memset(wanted, 0xa5, BYTES);
        for (unsigned int i = 0; i < SIZE; i++) { /* through a pointer kept from before: free */
            memcpy(wanted, &objects[i], sizeof(objects[i]));
            assert_memory_equal(objects[i], wanted, BYTES);
        }
        assert_int_equal(drain(mp, again, SIZE), SIZE);
        for (unsigned int i = 0; i < SIZE; i++) {
            memcpy(wanted, &again[i], sizeof(again[i]));
            assert_memory_equal(again[i], wanted, BYTES);
        }
        put_all(mp, again, SIZE);
    }
    rte_mempool_free(mp);
}

/* Maps pieces far from each other and gives them to the pool until it has all its objects. */
static unsigned int populate_pieces(struct rte_mempool *mp, void **pieces, size_t piece_bytes,
                                    unsigned int max)
{
    unsigned int n = 0;

    while (n < max && mp->populated_size < mp->size) {
        pieces[n] =
            mmap(NULL, 2 * piece_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(pieces[n], MAP_FAILED);
        assert_true(
            rte_mempool_populate_iova(mp, pieces[n], RTE_BAD_IOVA, piece_bytes, NULL, NULL) > 0);
        n++;
    }
    return n;
}

static void test_many_memory_chunks(void **state)
{
    enum { SIZE = 1000, PIECE = 16384, MOST = 64 };
    struct rte_mempool *mp = make_empty_pool(SIZE, 64, 0, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    void *pieces[MOST], *objects[SIZE];
    unsigned int n = populate_pieces(mp, pieces, PIECE, MOST);

    assert_int_equal(mp->populated_size, SIZE);
    assert_true(mp->nb_mem_chunks >= 8);
    assert_int_equal(mp->nb_mem_chunks, n);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(drain(mp, objects, SIZE), SIZE);
        if (round == 0)
            for (unsigned int i = 0; i < SIZE; i++)
                *(uint32_t *)objects[i] = 0;
        assert_int_equal(mark(objects, SIZE, 1), 0);
        assert_int_equal(mark(objects, SIZE, 0), 0);
        put_all(mp, objects, SIZE);
        assert_int_equal(driver_count(mp), SIZE);
    }
    rte_mempool_free(mp);
    while (n > 0)
        munmap(pieces[--n], 2 * PIECE);
}

/* When memory ends half-way, rte_mempool takes all objects out again, and the program may try with
 * memory of another kind. The test runs with less than the GiB that this pool wants. */
static void test_populate_again_after_a_failure(void **state)
{
    enum { SIZE = 12000, BYTES = 100000 };
    static void *objects[SIZE];
    struct rte_mempool *mp = make_empty_pool(SIZE, BYTES, 0, RTE_MEMPOOL_F_NO_IOVA_CONTIG);

    assert_int_equal(rte_mempool_populate_default(mp), -ENOMEM);
    assert_int_equal(mp->populated_size, 0);
    assert_int_equal(rte_mempool_populate_anon(mp), SIZE);
    assert_int_equal(driver_count(mp), SIZE);
    assert_int_equal(drain(mp, objects, SIZE), SIZE);
    put_all(mp, objects, SIZE);
    assert_int_equal(driver_count(mp), SIZE);
    rte_mempool_free(mp);
}

static size_t allocated_bytes(void)
{
    size_t bytes = 0;

    for (unsigned int i = 0; i < rte_socket_count(); i++) {
        struct rte_malloc_socket_stats stats;

        if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
            bytes += stats.heap_allocsz_bytes;
    }
    return bytes;
}

static void test_200_pools_leave_nothing(void **state)
{
    size_t before;

    rte_mempool_free(make_pool(1023, 64, 32)); /* what DPDK allocates at the first one */
    before = allocated_bytes();
    for (int i = 0; i < 200; i++) {
        struct rte_mempool *mp = make_pool(1023, 64, 32);
        void *object;

        assert_int_equal(rte_mempool_get(mp, &object), 0);
        rte_mempool_put(mp, object);
        rte_mempool_free(mp);
    }
    assert_int_equal(allocated_bytes(), before);
}

int run_pool_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_too_little_memory),
        cmocka_unit_test(test_too_many_objects),
        cmocka_unit_test(test_free_before_populate),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_failure_leaves_the_array_alone),
        cmocka_unit_test(test_bulk_sizes),
        cmocka_unit_test(test_mbuf_pools_of_many_sizes),
        cmocka_unit_test(test_prefetches_lines_of_mbufs_only),
        cmocka_unit_test(test_free_objects_keep_their_content),
        cmocka_unit_test(test_many_memory_chunks),
        cmocka_unit_test(test_populate_again_after_a_failure),
        cmocka_unit_test(test_200_pools_leave_nothing),
    };

    return cmocka_run_group_tests_name("pools", tests, NULL, NULL);
}
