/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A region for the devices that are named.
 *
 *     dma_test [EAL options]     with -d librte_mempool_labyrinth.so and two --vdev=net_null
 *
 * The linker leads DPDK's calls for one device here first (--wrap), for buses that refuse. */

#include "cmocka_first.h"

#include <lab_mbuf.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

enum { DEVICES = 2, BYTES = 8 << 20 };

int __real_rte_dev_dma_map(struct rte_device *device, void *address, uint64_t iova, size_t bytes);
int __real_rte_dev_dma_unmap(struct rte_device *device, void *address, uint64_t iova, size_t bytes);
int __wrap_rte_dev_dma_map(struct rte_device *device, void *address, uint64_t iova, size_t bytes);
int __wrap_rte_dev_dma_unmap(struct rte_device *device, void *address, uint64_t iova, size_t bytes);

static struct rte_device *device[DEVICES];

/* The parts of the region that each device has been given, and the call that one of them refuses.
 */
static const struct lab_region *tested;
static bool has[DEVICES][BYTES / 4096];
static unsigned int calls, calls_before_refusal;
static int refusal; /* below 0: of the way back */
static const struct rte_device *refused;

static void note(const struct rte_device *of, char *address, uint64_t iova, size_t bytes, bool now)
{
    unsigned int which = of == device[0] ? 0 : 1;
    size_t first = (size_t)(address - (char *)tested->address) / 4096;

    assert_ptr_equal(device[which], of);
    assert_in_range(bytes, 4096, tested->bytes - first * 4096);
    for (size_t i = 0; i < bytes / 4096; i++) {
        assert_int_equal(rte_mem_virt2iova(address + i * 4096), iova + i * 4096);
        assert_true(has[which][first + i] != now);
        has[which][first + i] = now;
    }
}

static bool is_refused(const struct rte_device *of)
{
    if (refusal == 0 || calls++ < calls_before_refusal)
        return false;
    rte_errno = refusal;
    refused = of;
    return true;
}

int __wrap_rte_dev_dma_map(struct rte_device *of, void *address, uint64_t iova, size_t bytes)
{
    int rc = is_refused(of) ? -1 : __real_rte_dev_dma_map(of, address, iova, bytes);

    if (rc == 0)
        note(of, address, iova, bytes, true);
    return rc;
}

int __wrap_rte_dev_dma_unmap(struct rte_device *of, void *address, uint64_t iova, size_t bytes)
{
    int rc = __real_rte_dev_dma_unmap(of, address, iova, bytes);

    note(of, address, iova, bytes, false);
    if (refusal < 0 && of == device[0]) {
        rte_errno = -refusal;
        refused = of;
        return -1;
    }
    return rc;
}

static void expect_mapped(unsigned int which, bool mapped)
{
    for (size_t i = 0; i < tested->bytes / 4096; i++)
        assert_int_equal(has[which][i], mapped);
}

/* The device that refused is named, and this is said of it. */
static void expect_words(const struct lab_error *error, const char *words)
{
    char expected[128];

    snprintf(expected, sizeof(expected), "device %s: %s", rte_dev_name(refused), words);
    assert_ptr_equal(strstr(error->message, expected), error->message);
}

static void expect_nothing(void)
{
    for (unsigned int i = 0; i < DEVICES; i++)
        expect_mapped(i, false);
    assert_null(rte_mem_virt2memseg(tested->address, NULL));
}

static void make(struct lab_region *region, enum lab_pages pages)
{
    const struct lab_region_options options = {
        .bytes = BYTES, .node = LAB_NODE_ANY, .pages = pages};
    struct lab_error error = {0};

    if (lab_region_create(&options, region, &error) != 0)
        fail_msg("%s", error.message);
    tested = region;
    refusal = 0;
    calls = 0;
}

static void test_those_that_are_named_and_no_others(void **state)
{
    struct lab_error error;
    struct lab_region region;

    make(&region, LAB_PAGES_2M);
    assert_int_equal(lab_region_dma_map(&region, &device[1], 1, &error), 0);
    expect_mapped(0, false);
    expect_mapped(1, true);
    assert_non_null(rte_mem_virt2memseg(region.address, NULL));
    assert_int_equal(lab_region_dma_map(&region, &device[0], 1, &error), -EEXIST);
    assert_non_null(strstr(error.message, "lab_region_dma_unmap() first"));
    expect_mapped(0, false);
    assert_int_equal(lab_region_dma_unmap(&region, &device[1], 1, &error), 0);
    expect_nothing();
    assert_int_equal(lab_region_dma_unmap(&region, &device[1], 1, &error), -ENOENT);
    assert_int_equal(lab_region_dma_map(&region, device, DEVICES, NULL), 0);
    expect_mapped(0, true);
    expect_mapped(1, true);
    assert_int_equal(lab_region_dma_unmap(&region, device, DEVICES, NULL), 0);
    expect_nothing();
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* A port receives into mbufs there. */
static void test_a_pool_on_it(void **state)
{
    const struct rte_eth_conf conf = {0};
    struct lab_mbuf_pool_options options = {.name = "dma", .count = 1000, .socket = SOCKET_ID_ANY};
    struct lab_arena_zone zone = {.bytes = BYTES, .node = LAB_NODE_ANY};
    struct lab_arena_options of = {.name = "dma", .zone = &zone, .zones = 1};
    struct rte_mbuf *packets[32];
    struct lab_region region, home;
    struct rte_mempool *mp;
    size_t bytes;

    make(&region, LAB_PAGES_2M);
    zone.memory = region.address;
    assert_int_equal(lab_arena_footprint(&of, &bytes, NULL), 0);
    assert_int_equal(
        lab_region_create(&(struct lab_region_options){.bytes = bytes, .node = LAB_NODE_ANY}, &home,
                          NULL),
        0);
    assert_int_equal(lab_arena_init(home.address, &of, &options.arena, NULL), 0);
    assert_null(lab_mbuf_pool_create(&options));
    assert_int_equal(rte_errno, EINVAL); /* DPDK does not know the memory */
    assert_int_equal(lab_region_dma_map(&region, device, DEVICES, NULL), 0);
    mp = lab_mbuf_pool_create(&options);
    assert_non_null(mp);
    assert_int_equal(rte_eth_dev_configure(0, 1, 1, &conf), 0);
    assert_int_equal(rte_eth_rx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL, mp), 0);
    assert_int_equal(rte_eth_tx_queue_setup(0, 0, 64, SOCKET_ID_ANY, NULL), 0);
    assert_int_equal(rte_eth_dev_start(0), 0);
    assert_int_equal(rte_eth_rx_burst(0, 0, packets, 32), 32);
    for (unsigned int i = 0; i < 32; i++) {
        size_t offset = (size_t)((char *)packets[i]->buf_addr - (char *)region.address);

        assert_in_range(offset, 0, BYTES - 1);
        assert_true(has[0][offset / 4096]);
        assert_int_equal(rte_mbuf_iova_get(packets[i]), rte_mem_virt2iova(packets[i]->buf_addr));
    }
    rte_pktmbuf_free_bulk(packets, 32);
    assert_int_equal(rte_eth_dev_stop(0), 0);
    rte_mempool_free(mp);
    assert_int_equal(lab_arena_destroy(options.arena), 0);
    assert_int_equal(lab_region_dma_unmap(&region, device, DEVICES, NULL), 0);
    expect_nothing();
    assert_int_equal(lab_region_destroy(&home), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
}

/* At whichever call it refuses: nothing is left mapped, and the error says which device. */
static void test_a_bus_that_refuses(void **state)
{
    struct lab_error error;
    struct lab_region region;
    unsigned int before = 0;
    int rc;

    make(&region, LAB_PAGES_2M);
    for (refusal = ENOTSUP;; before++) {
        calls = 0;
        calls_before_refusal = before;
        rc = lab_region_dma_map(&region, device, DEVICES, &error);
        if (rc == 0)
            break; /* this is the number of calls */
        assert_int_equal(rc, -ENOTSUP);
        expect_words(&error, "its bus cannot map memory for one device");
        expect_nothing();
    }
    assert_true(before >= DEVICES);
    assert_ptr_equal(refused, device[1]); /* at the last of them */
    refusal = 0;
    assert_int_equal(lab_region_dma_unmap(&region, device, DEVICES, &error), 0);

    refusal = EACCES;
    calls = calls_before_refusal = 0;
    assert_int_equal(lab_region_dma_map(&region, device, DEVICES, &error), -EACCES);
    expect_words(&error, "its bus does not map the region: ");
    expect_nothing();
    refusal = 0;
    assert_int_equal(lab_region_dma_map(&region, device, DEVICES, &error), 0);
    refusal = -EBUSY; /* the others lose it all the same */
    assert_int_equal(lab_region_dma_unmap(&region, device, DEVICES, &error), -EBUSY);
    expect_words(&error, "its bus does not unmap the region: ");
    expect_mapped(0, false);
    expect_mapped(1, false);
    assert_non_null(rte_mem_virt2memseg(region.address, NULL));
    assert_int_equal(rte_extmem_unregister(region.address, region.bytes), 0);
    assert_int_equal(lab_region_destroy(&region), 0);
}

static void test_ordinary_pages(void **state)
{
    struct lab_error error;
    struct lab_region region;

    make(&region, LAB_PAGES_NORMAL);
    if (rte_eal_iova_mode() == RTE_IOVA_PA) {
        assert_int_equal(lab_region_dma_map(&region, device, DEVICES, &error), -ENOTSUP);
        assert_non_null(strstr(error.message, "not ordinary pages: ask for 2 MiB huge pages"));
    } else {
        assert_int_equal(lab_region_dma_map(&region, device, DEVICES, &error), 0);
        expect_mapped(0, true);
        assert_int_equal(lab_region_dma_unmap(&region, device, DEVICES, &error), 0);
    }
    expect_nothing();
    assert_int_equal(lab_region_destroy(&region), 0);
}

static void test_refusals(void **state)
{
    struct rte_device *none[] = {device[0], NULL};
    struct lab_region region, nothing = {0};
    struct lab_error error;

    make(&region, LAB_PAGES_2M);
    assert_int_equal(lab_region_dma_map(&nothing, device, 1, &error), -EINVAL);
    assert_int_equal(lab_region_dma_map(&region, device, 0, &error), -EINVAL);
    assert_int_equal(lab_region_dma_map(&region, none, 2, &error), -EINVAL);
    assert_non_null(strstr(error.message, "rte_eth_dev_info_get()"));
    assert_int_equal(lab_region_dma_unmap(&region, none, 2, &error), -EINVAL);
    expect_nothing();
    assert_int_equal(lab_region_destroy(&region), 0);
}

int main(int argc, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_those_that_are_named_and_no_others),
        cmocka_unit_test(test_a_pool_on_it),
        cmocka_unit_test(test_a_bus_that_refuses),
        cmocka_unit_test(test_ordinary_pages),
        cmocka_unit_test(test_refusals),
    };
    int failed = 1;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    for (uint16_t port = 0; port < DEVICES; port++) {
        struct rte_eth_dev_info info;

        if (rte_eth_dev_info_get(port, &info) != 0)
            return 1;
        device[port] = info.device;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rte_eal_cleanup();
    return failed;
}
