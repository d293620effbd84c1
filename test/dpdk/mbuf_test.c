/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Mempools of lab_mbuf_pool_create(), through DPDK's own interface.
 *
 *     mbuf_test [EAL options]          with -d librte_mempool_labyrinth.so and --vdev=net_null0
 *     mbuf_test [EAL options] -- hold  makes a pool for a secondary process, until its input ends
 *
 * As a secondary process it does what one of these may. */

#include "cmocka_first.h"

#include <lab_mbuf.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

enum { COUNT = 1500, RESERVE = 200, BURST = 32 };

static struct rte_mbuf *held[COUNT];

static struct lab_mbuf_pool_options usual(struct lab_arena *arena)
{
    return (struct lab_mbuf_pool_options){.name = "test",
                                          .count = COUNT,
                                          .reserve = RESERVE,
                                          .socket = SOCKET_ID_ANY,
                                          .arena = arena};
}

static struct rte_mempool *make(const struct lab_mbuf_pool_options *options)
{
    struct rte_mempool *mp = lab_mbuf_pool_create(options);

    assert_non_null(mp);
    assert_int_equal(rte_mempool_avail_count(mp), options->count);
    return mp;
}

static struct lab_arena *make_arena(size_t bytes)
{
    struct lab_arena *arena = lab_mbuf_arena_create("test", bytes, SOCKET_ID_ANY);

    assert_non_null(arena);
    return arena;
}

static uint64_t free_pages(const struct lab_arena *arena)
{
    struct lab_page_map map;

    assert_int_equal(lab_page_map(arena, 0, &map), 0);
    return map.part[LAB_PAGE_COMMON].free_pages;
}

/* Nothing is made; rte_errno and the log say why. */
static void expect_no_pool(const struct lab_mbuf_pool_options *options, int code, const char *words)
{
    char *said = NULL;
    size_t length;
    FILE *log = open_memstream(&said, &length);

    assert_non_null(log);
    rte_openlog_stream(log);
    rte_errno = 0;
    assert_null(lab_mbuf_pool_create(options));
    rte_openlog_stream(NULL);
    fclose(log);
    if (rte_errno != code || strstr(said, words) == NULL)
        fail_msg("%d, \"%s\": not %d, \"%s\"", rte_errno, said, code, words);
    free(said);
    if (options->name != NULL)
        assert_null(rte_mempool_lookup(options->name));
}

/* Gets singly until there are no more. */
static unsigned int drain(struct rte_mempool *mp, struct rte_mbuf *packets[])
{
    unsigned int n = 0;

    while ((packets[n] = rte_pktmbuf_alloc(mp)) != NULL)
        n++;
    return n;
}

/* Every mbuf is whole, its own, and where devices will look for it. */
static void expect_good_mbufs(struct rte_mempool *mp, struct rte_mbuf *const packets[],
                              unsigned int n)
{
    uint16_t room = rte_pktmbuf_data_room_size(mp);

    for (unsigned int i = 0; i < n; i++) {
        char *data = packets[i]->buf_addr;

        assert_ptr_equal(packets[i]->pool, mp);
        assert_int_equal(packets[i]->buf_len, room);
        assert_int_equal(rte_mbuf_data_iova(packets[i]),
                         rte_mem_virt2iova(data + RTE_PKTMBUF_HEADROOM));
        assert_int_equal(packets[i]->buf_iova + room - 1, rte_mem_virt2iova(data + room - 1));
        memset(data, (int)i, room);
    }
    for (unsigned int i = 0; i < n; i++)
        for (unsigned int at = 0; at < room; at++)
            assert_int_equal(((uint8_t *)packets[i]->buf_addr)[at], (uint8_t)i);
}

static void two_handles(struct rte_mempool *mp)
{
    struct rte_mempool *nowait = lab_mbuf_pool_nowait(mp);
    unsigned int n;

    assert_ptr_not_equal(nowait, mp);
    assert_ptr_equal(rte_mempool_lookup("test.nowait"), nowait);
    assert_int_equal(rte_mempool_avail_count(nowait), COUNT - RESERVE);
    n = drain(nowait, held);
    assert_int_equal(n, COUNT - RESERVE);
    assert_int_equal(rte_mempool_avail_count(nowait), 0);
    assert_int_equal(rte_pktmbuf_alloc_bulk(nowait, held + n, 1), -ENOBUFS);
    for (unsigned int i = 0; i < n; i++)
        assert_false(lab_mbuf_is_reserve(mp, held[i]));
    assert_int_equal(drain(mp, held + n), RESERVE);
    for (unsigned int i = n; i < COUNT; i++)
        assert_true(lab_mbuf_is_reserve(mp, held[i]));
    expect_good_mbufs(mp, held, COUNT);
    rte_pktmbuf_free_bulk(held, COUNT);
    assert_int_equal(rte_mempool_avail_count(mp), COUNT);
    assert_int_equal(drain(nowait, held), COUNT - RESERVE);
    rte_pktmbuf_free_bulk(held, COUNT - RESERVE);
    rte_mempool_free(mp);
    assert_null(rte_mempool_lookup("test"));
    assert_null(rte_mempool_lookup("test.nowait"));
}

/* A program that polls sees it, by either handle. */
static void test_marks(void **state)
{
    struct lab_mbuf_pool_options options = usual(NULL);
    struct rte_mempool *mp, *nowait;
    struct lab_pool_events events;
    struct lab_pool *pool;
    unsigned int n;

    options.high = COUNT - 10;
    mp = make(&options);
    nowait = lab_mbuf_pool_nowait(mp);
    pool = lab_mbuf_pool_of(nowait);
    assert_ptr_equal(pool, lab_mbuf_pool_of(mp));
    assert_int_equal(lab_pool_sequence(pool), 0);
    n = drain(nowait, held);
    assert_int_equal(lab_pool_sequence(pool), 1);
    n += drain(mp, held + n);
    assert_int_equal(lab_pool_sequence(pool), 2);
    rte_pktmbuf_free_bulk(held, n);
    assert_int_equal(lab_pool_pressure(pool), LAB_PRESSURE_NONE);
    lab_pool_events(pool, &events);
    assert_int_equal(events.low, RESERVE);
    assert_int_equal(events.high, COUNT - 10);
    for (int i = 0; i < LAB_CROSSINGS; i++)
        assert_int_equal(events.count[i], 1);
    rte_mempool_free(mp);

    mp = rte_pktmbuf_pool_create_by_ops("ring", 63, 0, 0, 256, SOCKET_ID_ANY, "ring_mp_mc");
    assert_non_null(mp);
    assert_null(lab_mbuf_pool_of(mp));
    rte_mempool_free(mp);
}

static void test_handles_on_dpdks_memory(void **state)
{
    struct lab_mbuf_pool_options options = usual(NULL);

    two_handles(make(&options));
}

static void test_handles_on_pages(void **state)
{
    struct lab_arena *arena = make_arena(9 * MIB);
    uint64_t before = free_pages(arena);
    struct lab_mbuf_pool_options options = usual(arena);

    for (int round = 0; round < 3; round++) {
        struct rte_mempool *mp = make(&options);

        assert_true(free_pages(arena) < before);
        assert_ptr_equal(lab_mbuf_pool_arena(mp), arena);
        assert_int_equal(lab_mbuf_arena_destroy(arena), -EBUSY);
        two_handles(mp);
        assert_int_equal(free_pages(arena), before);
    }
    assert_int_equal(lab_mbuf_arena_destroy(arena), 0);
    assert_null(rte_memzone_lookup("LAB_test"));
}

/* Jumbo frames beside small ones; and the memory of one becomes another's. */
static void test_sizes_share_an_arena(void **state)
{
    static const uint16_t room[] = {256, 2176, 9728, 65535};
    struct lab_arena *arena = make_arena(24 * MIB);
    uint64_t before = free_pages(arena);
    struct rte_mempool *mp[RTE_DIM(room)];

    for (int round = 0; round < 2; round++) {
        for (unsigned int i = 0; i < RTE_DIM(room); i++) {
            char name[8] = {'p', (char)('0' + i)};
            struct lab_mbuf_pool_options options = {.name = name,
                                                    .count = (uint32_t)(3 * MIB / room[i]),
                                                    .socket = SOCKET_ID_ANY,
                                                    .data_room = room[i],
                                                    .priv_size = 16,
                                                    .arena = arena};

            mp[i] = make(&options);
            assert_ptr_equal(lab_mbuf_pool_nowait(mp[i]), mp[i]);
            assert_int_equal(rte_pktmbuf_priv_size(mp[i]), 16);
        }
        for (unsigned int i = 0; i < RTE_DIM(room); i++) {
            struct rte_mbuf **packets = calloc(mp[i]->size + 1, sizeof(*packets));

            assert_non_null(packets);
            assert_int_equal(drain(mp[i], packets), mp[i]->size);
            expect_good_mbufs(mp[i], packets, mp[i]->size);
            rte_pktmbuf_free_bulk(packets, mp[i]->size);
            free(packets);
        }
        for (unsigned int i = 0; i < RTE_DIM(room); i++)
            rte_mempool_free(mp[i]);
        assert_int_equal(free_pages(arena), before);
    }
    assert_int_equal(lab_mbuf_arena_destroy(arena), 0);
}

static void test_refusals(void **state)
{
    struct lab_arena *arena = make_arena(4 * MIB);
    struct lab_mbuf_pool_options options = usual(arena);
    uint64_t before = free_pages(arena);
    struct rte_mempool *mp;

    options.count = 5000;
    expect_no_pool(&options, ENOMEM, "of 5000 mbufs: arena test has no run of order ");
    assert_int_equal(free_pages(arena), before);
    options.count = RESERVE;
    expect_no_pool(&options, EINVAL, "mempool test: a reserve of 200 asked for, of 200 mbufs");
    options = usual(arena);
    options.low = RESERVE - 1;
    expect_no_pool(&options, EINVAL, "mempool test: a low watermark of 199 asked for");
    options = usual(arena);
    options.high = RESERVE;
    expect_no_pool(&options, EINVAL, "mempool test: a high watermark of 200 asked for");
    options = usual(arena);
    options.cache = 32;
    expect_no_pool(&options, EINVAL, "a cache of 32 asked for");
    options = usual(arena);
    options.priv_size = 5;
    expect_no_pool(&options, EINVAL, "a multiple of 8");
    options = usual(arena);
    options.gfp = LAB_GFP_ZERO;
    expect_no_pool(&options, EINVAL, "request flags 0x8 make no sense");
    options = usual(arena);
    options.name = "";
    expect_no_pool(&options, EINVAL, "a mempool's name has 1 to ");
    options.name = "a-name-longer-than-any-mempool-has";
    expect_no_pool(&options, EINVAL, "a mempool's name has 1 to ");
    options.name = NULL;
    expect_no_pool(&options, EINVAL, "a mempool's name has 1 to ");

    options = usual(NULL);
    mp = make(&options);
    rte_errno = 0;
    assert_null(lab_mbuf_pool_create(&options));
    assert_int_equal(rte_errno, EEXIST);
    assert_int_equal(rte_mempool_avail_count(mp), COUNT);
    rte_mempool_free(mp);

    rte_errno = 0;
    assert_null(lab_mbuf_arena_create("test", MIB, SOCKET_ID_ANY));
    assert_int_equal(rte_errno, EEXIST);
    assert_null(lab_mbuf_arena_create("", MIB, SOCKET_ID_ANY));
    assert_int_equal(rte_errno, EINVAL);
    assert_null(lab_mbuf_arena_create("large", (size_t)1 << 30, SOCKET_ID_ANY));
    assert_true(rte_errno == ENOMEM || rte_errno == EINVAL);
    assert_int_equal(free_pages(arena), before);
    assert_int_equal(lab_mbuf_arena_destroy(arena), 0);
    assert_int_equal(lab_mbuf_arena_destroy(NULL), 0);
}

/* Memory that is not DPDK's must be made known to it first. */
static void test_memory_of_ones_own(void **state)
{
    const struct lab_arena_zone zone = {
        .bytes = 8 * MIB, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    const struct lab_arena_options of = {.name = "own", .zone = &zone, .zones = 1};
    struct lab_mbuf_pool_options options;
    struct lab_arena *arena;
    void *memory;

    assert_int_equal(lab_arena_create(&of, &arena, NULL), 0);
    memory = arena->zone[0].base;
    options = usual(arena);
    expect_no_pool(&options, EINVAL, "DPDK does not know the memory of arena own");
    assert_int_equal(rte_extmem_register(memory, 8 * MIB, NULL, 0, 4096), 0);
    two_handles(make(&options));
    assert_int_equal(rte_extmem_unregister(memory, 8 * MIB), 0);
    assert_int_equal(lab_arena_destroy(arena), 0);
}

static struct rte_mbuf *clone_of(struct rte_mempool *mp, struct rte_mbuf *packet)
{
    struct rte_mbuf *clone = rte_pktmbuf_clone(packet, mp);

    assert_non_null(clone);
    rte_pktmbuf_free(packet); /* the clone has it now */
    return clone;
}

/* Single buffers, chains and clones are known by any part of theirs. */
static void test_which_packets_are_dropped(void **state)
{
    struct lab_mbuf_pool_options options = usual(NULL);
    struct rte_mempool *mp = make(&options);
    struct rte_mbuf *packets[4], *left[4];
    unsigned int n;

    rte_pktmbuf_alloc_bulk(mp, packets, 4);
    assert_int_equal(lab_mbuf_drop_reserve(mp, packets, 4), 4);
    n = drain(lab_mbuf_pool_nowait(mp), held);
    assert_int_equal(n, COUNT - RESERVE - 4);

    left[0] = packets[0];
    left[1] = packets[1];
    left[1]->next = rte_pktmbuf_alloc(mp); /* of the reserve */
    left[1]->nb_segs = 2;
    left[2] = packets[2];
    left[3] = clone_of(mp, packets[3]); /* itself of the reserve */
    assert_true(lab_mbuf_is_reserve(mp, left[1]));
    assert_true(lab_mbuf_is_reserve(mp, left[3]));
    assert_false(lab_mbuf_is_reserve(mp, left[2]));
    assert_int_equal(lab_mbuf_drop_reserve(lab_mbuf_pool_nowait(mp), left, 4), 2);
    assert_ptr_equal(left[0], packets[0]);
    assert_ptr_equal(left[1], packets[2]);
    assert_int_equal(lab_mbuf_dropped(mp), 2);
    assert_int_equal(lab_mbuf_dropped(lab_mbuf_pool_nowait(mp)), 2);
    rte_pktmbuf_free_bulk(left, 2);

    /* A clone with a header elsewhere, of what lies in the reserve. */
    assert_int_equal(drain(lab_mbuf_pool_nowait(mp), packets), 4);
    left[0] = rte_pktmbuf_alloc(mp);
    assert_true(lab_mbuf_is_reserve(mp, left[0]));
    rte_pktmbuf_free(packets[3]);
    left[1] = clone_of(lab_mbuf_pool_nowait(mp), left[0]);
    assert_true(lab_mbuf_is_reserve(mp, left[1]));
    assert_int_equal(lab_mbuf_drop_reserve(mp, &left[1], 1), 0);
    rte_pktmbuf_free_bulk(packets, 3);
    rte_pktmbuf_free_bulk(held, n);
    assert_int_equal(rte_mempool_avail_count(mp), COUNT);
    rte_mempool_free(mp);
}

static void start_port(struct rte_mempool *mp)
{
    const struct rte_eth_conf conf = {0};

    assert_int_equal(rte_eth_dev_configure(0, 1, 1, &conf), 0);
    assert_int_equal(rte_eth_rx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL, mp), 0);
    assert_int_equal(rte_eth_tx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL), 0);
    assert_int_equal(rte_eth_dev_start(0), 0);
}

/* Keeps what comes, for `polls` polls; returns how many frames the driver received meanwhile. */
static uint64_t keep(unsigned int polls, unsigned int *n)
{
    struct rte_eth_stats before, after;

    assert_int_equal(rte_eth_stats_get(0, &before), 0);
    for (unsigned int i = 0; i < polls; i++)
        *n += rte_eth_rx_burst(0, 0, held + *n, RTE_MIN((unsigned int)BURST, COUNT - *n));
    assert_int_equal(rte_eth_stats_get(0, &after), 0);
    return after.ipackets - before.ipackets;
}

/* A driver of DPDK's that knows nothing of all this, and a program that keeps every packet. */
static void test_reception_goes_on(void **state)
{
    struct lab_mbuf_pool_options options = usual(NULL);
    const struct rte_eth_rxtx_callback *guard;
    struct rte_mempool *mp;
    unsigned int n = 0;

    options.reserve = 0;
    mp = make(&options);
    assert_null(lab_mbuf_pool_arena(mp));
    start_port(mp);
    keep(100, &n);
    assert_int_equal(n, COUNT);
    assert_int_equal(keep(100, &n), 0);
    rte_pktmbuf_free_bulk(held, n);
    assert_int_equal(rte_eth_dev_stop(0), 0);
    rte_mempool_free(mp);

    options.reserve = RESERVE;
    mp = make(&options);
    start_port(mp);
    guard = rte_eth_add_rx_callback(0, 0, lab_mbuf_guard, mp);
    assert_non_null(guard);
    n = 0;
    keep(100, &n);
    assert_int_equal(n, COUNT - RESERVE);
    assert_int_equal(keep(1000, &n), 1000 * BURST);
    assert_int_equal(n, COUNT - RESERVE);
    assert_true(lab_mbuf_dropped(mp) >= 1000 * BURST);
    assert_null(rte_pktmbuf_alloc(lab_mbuf_pool_nowait(mp)));

    /* As soon as some are freed, packets come through again. */
    n -= BURST;
    rte_pktmbuf_free_bulk(held + n, BURST);
    keep(2, &n);
    assert_int_equal(n, COUNT - RESERVE);
    rte_pktmbuf_free_bulk(held, n);
    assert_int_equal(rte_eth_remove_rx_callback(0, 0, guard), 0);
    assert_int_equal(rte_eth_dev_stop(0), 0);
    assert_int_equal(rte_mempool_avail_count(mp), COUNT);
    rte_mempool_free(mp);
}

/* As a secondary process. */

static void test_secondary_has_both_handles(void **state)
{
    struct rte_mempool *mp = rte_mempool_lookup("shared");
    unsigned int n;

    assert_non_null(mp);
    n = drain(lab_mbuf_pool_nowait(mp), held);
    assert_int_equal(n, COUNT - RESERVE);
    assert_int_equal(drain(mp, held + n), RESERVE);
    assert_int_equal(lab_mbuf_drop_reserve(mp, held, COUNT), n);
    assert_int_equal(lab_mbuf_dropped(mp), RESERVE);
    assert_int_equal(rte_mempool_avail_count(mp), RESERVE);
    rte_pktmbuf_free_bulk(held, n);
    assert_int_equal(rte_mempool_avail_count(mp), COUNT);
}

static void test_secondary_makes_none(void **state)
{
    struct lab_mbuf_pool_options options = usual(NULL);

    expect_no_pool(&options, E_RTE_SECONDARY, "mempools are made by the primary process");
    assert_null(lab_mbuf_arena_create("test", MIB, SOCKET_ID_ANY));
    assert_int_equal(rte_errno, E_RTE_SECONDARY);
}

/* For the secondary, until the input ends. */
static int hold(void)
{
    struct lab_mbuf_pool_options options = usual(NULL);
    struct rte_mempool *mp;
    bool whole;

    options.name = "shared";
    options.arena = lab_mbuf_arena_create("shared", 8 * MIB, SOCKET_ID_ANY);
    mp = options.arena != NULL ? lab_mbuf_pool_create(&options) : NULL;
    puts(mp != NULL ? "ok" : "error");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    if (mp == NULL)
        return 1;
    whole = rte_mempool_avail_count(mp) == COUNT && lab_mbuf_dropped(mp) == RESERVE;
    rte_mempool_free(mp);
    return whole && lab_mbuf_arena_destroy(options.arena) == 0 ? 0 : 1;
}

/* As a service core does it. */
static void test_housekeeping_is_a_service(void **state)
{
    struct lab_arena *arena = make_arena(8 * MIB);
    struct lab_page_map map;
    uint32_t id;
    int rc;

    assert_int_equal(rte_service_get_by_name("lab_test", &id), 0);
    assert_int_equal(lab_page_map(arena, 0, &map), 0);
    assert_int_equal(map.clean, 0);
    assert_int_equal(rte_service_runstate_set(id, 1), 0);
    for (int turn = 0; turn < 1000 && map.clean < 1024; turn++) {
        rc = rte_service_run_iter_on_app_lcore(id, 1);
        assert_true(rc == 0 || rc == -EAGAIN);
        assert_int_equal(lab_page_map(arena, 0, &map), 0);
    }
    assert_in_range(map.clean, 1024, 1024 + 256); /* a half of it is enough */
    assert_int_equal(lab_mbuf_arena_destroy(arena), 0);
    assert_int_not_equal(rte_service_get_by_name("lab_test", &id), 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest primary[] = {
        cmocka_unit_test(test_handles_on_dpdks_memory),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_handles_on_pages),
        cmocka_unit_test(test_sizes_share_an_arena),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_memory_of_ones_own),
        cmocka_unit_test(test_which_packets_are_dropped),
        cmocka_unit_test(test_reception_goes_on),
        cmocka_unit_test(test_housekeeping_is_a_service),
    };
    const struct CMUnitTest secondary[] = {
        cmocka_unit_test(test_secondary_has_both_handles),
        cmocka_unit_test(test_secondary_makes_none),
    };
    bool is_holder = strcmp(argv[argc - 1], "hold") == 0;
    int failed;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    if (is_holder)
        failed = hold();
    else if (rte_eal_process_type() == RTE_PROC_SECONDARY)
        failed = cmocka_run_group_tests(secondary, NULL, NULL);
    else
        failed = cmocka_run_group_tests(primary, NULL, NULL);
    rte_eal_cleanup();
    return failed;
}
