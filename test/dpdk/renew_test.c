/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The driver's knowledge of mbufs: it recognises a mempool of them by what rte_pktmbuf_pool_init()
 * left, and each can be made as new, whatever a process that died had done to it.
 *
 *     renew_test [EAL options]
 */

#include "driver_test.h"

#include <labyrinth_driver.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <rte_memzone.h>
#include <string.h>

enum { SIZE = 4, PRIVATE = 24, ROOM = 2048 };

static struct rte_mempool *make(const char *name, uint16_t room)
{
    struct rte_mempool *mp =
        rte_pktmbuf_pool_create_by_ops(name, SIZE, 0, PRIVATE, room, SOCKET_ID_ANY, "ring_mp_mc");

    assert_non_null(mp);
    return mp;
}

/* Spoils all of an mbuf but where its data lies, and renews it. */
static void expect_renewed(struct rte_mempool *mp, struct rte_mbuf *mbuf)
{
    size_t bytes = sizeof(*mbuf) + PRIVATE;
    char before[sizeof(*mbuf) + PRIVATE], *data = mbuf->buf_addr;
    uint16_t length = mbuf->buf_len;
    void *address = mbuf->buf_addr;
    rte_iova_t iova = rte_mbuf_iova_get(mbuf);

    memcpy(before, mbuf, bytes);
    memset(mbuf, 0x5a, bytes);
    memset(data, 0x5a, length);
    mbuf->buf_addr = address;
    rte_mbuf_iova_set(mbuf, iova);
    assert_true(labyrinth_mbuf_renew(mp, mbuf));
    assert_memory_equal(mbuf, before, bytes);
    for (uint16_t i = 0; i < length; i++)
        assert_int_equal(data[i], 0);
}

/* 2,047 is rounded up by rte_mempool. */
static void test_data_behind_the_mbuf(void **state)
{
    static const uint16_t rooms[] = {ROOM, ROOM - 1, RTE_PKTMBUF_HEADROOM, 1};

    for (size_t i = 0; i < RTE_DIM(rooms); i++) {
        struct rte_mempool *mp = make("behind", rooms[i]);
        struct rte_mbuf *mbuf = rte_mempool_lookup("behind") == mp ? rte_pktmbuf_alloc(mp) : NULL;
        uint32_t from, bytes;

        assert_non_null(mbuf);
        assert_true(labyrinth_mbuf_data_room(mp, &from, &bytes));
        assert_int_equal(bytes, rooms[i]);
        assert_ptr_equal((char *)mbuf + from, mbuf->buf_addr);
        rte_pktmbuf_init(mp, NULL, mbuf, 0);
        expect_renewed(mp, mbuf);
        rte_mempool_free(mp);
    }
}

/* Of a clone, the next who gets it must not free the other's data with it. */
static void test_attached_to_others_data(void **state)
{
    struct rte_mempool *direct = make("direct", ROOM), *indirect = make("indirect", 0);
    struct rte_mbuf *mbuf = rte_pktmbuf_alloc(direct), *clone = rte_pktmbuf_clone(mbuf, indirect);
    uint32_t from, bytes;

    assert_true(RTE_MBUF_CLONED(clone));
    assert_false(labyrinth_mbuf_data_room(indirect, &from, &bytes));
    assert_true(labyrinth_mbuf_renew(indirect, clone));
    assert_true(RTE_MBUF_DIRECT(clone));
    assert_int_equal(clone->buf_len, 0);
    assert_ptr_equal(clone->pool, indirect);
    rte_pktmbuf_free(clone);
    assert_int_equal(rte_mbuf_refcnt_read(mbuf), 2);
    assert_int_equal(rte_mempool_avail_count(indirect), SIZE);
    rte_mempool_free(direct);
    rte_mempool_free(indirect);
}

static void test_data_elsewhere_for_good(void **state)
{
    const struct rte_memzone *zone =
        rte_memzone_reserve("pinned", SIZE * ROOM, SOCKET_ID_ANY, RTE_MEMZONE_IOVA_CONTIG);
    struct rte_pktmbuf_extmem memory = {
        .buf_ptr = zone->addr, .buf_iova = zone->iova, .buf_len = SIZE * ROOM, .elt_size = ROOM};
    struct rte_mempool *mp =
        rte_pktmbuf_pool_create_extbuf("ext", SIZE, 0, PRIVATE, ROOM, SOCKET_ID_ANY, &memory, 1);
    struct rte_mempool *indirect = make("indirect", 0);
    struct rte_mbuf *mbuf, *clone;
    uint32_t from, bytes;

    assert_non_null(mp);
    mbuf = rte_pktmbuf_alloc(mp);
    assert_false(labyrinth_mbuf_data_room(mp, &from, &bytes)); /* nothing of it may be poisoned */
    clone = rte_pktmbuf_clone(mbuf, indirect); /* counts in what lies behind the mbuf */
    assert_non_null(clone);
    memset(mbuf->buf_addr, 0, ROOM);
    rte_mbuf_ext_refcnt_set(mbuf->shinfo, 7);
    mbuf->port = RTE_MBUF_PORT_INVALID;
    rte_mbuf_refcnt_set(mbuf, 1);
    expect_renewed(mp, mbuf);
    assert_true(RTE_MBUF_HAS_PINNED_EXTBUF(mbuf));
    assert_int_equal(rte_mbuf_ext_refcnt_read(mbuf->shinfo), 1);
    rte_pktmbuf_free(mbuf);
    assert_int_equal(rte_mempool_avail_count(mp), SIZE);
    rte_mempool_free(mp);
    rte_mempool_free(indirect);
    rte_memzone_free(zone);
}

static void test_what_is_no_mbuf(void **state)
{
    struct rte_mempool *mp =
        rte_mempool_create("other", SIZE, 100, 0, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
    void *object;

    assert_int_equal(rte_mempool_get(mp, &object), 0);
    memset(object, 0x5a, 100);
    assert_false(labyrinth_mbuf_renew(mp, object));
    for (int i = 0; i < 100; i++)
        assert_int_equal(((char *)object)[i], 0x5a);
    rte_mempool_free(mp);
}

/* All is as with mbufs: the sizes, and a private area of zeros. */
static void test_what_has_the_size_of_mbufs(void **state)
{
    struct rte_mempool *mp = rte_mempool_create("other", SIZE, sizeof(struct rte_mbuf), 0, 16, NULL,
                                                NULL, NULL, NULL, SOCKET_ID_ANY, 0);
    void *object;

    assert_int_equal(rte_mempool_get(mp, &object), 0);
    memset(object, 0x5a, sizeof(struct rte_mbuf));
    assert_false(labyrinth_mbuf_renew(mp, object));
    for (size_t i = 0; i < sizeof(struct rte_mbuf); i++)
        assert_int_equal(((char *)object)[i], 0x5a);
    rte_mempool_free(mp);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_behind_the_mbuf),
        cmocka_unit_test(test_attached_to_others_data),
        cmocka_unit_test(test_data_elsewhere_for_good),
        cmocka_unit_test(test_what_is_no_mbuf),
        cmocka_unit_test(test_what_has_the_size_of_mbufs),
    };
    int failed;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rte_eal_cleanup() == 0 && failed == 0 ? 0 : 1;
}
