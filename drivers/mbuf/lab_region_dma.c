/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A region's memory and DPDK's devices. DPDK keeps where devices find each page, from registering
 * to the end; what lies side by side for them is mapped at once. */

#define ALLOW_EXPERIMENTAL_API /* rte_dev_dma_map() is, in some releases, though it is old */

#include <errno.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab_mbuf.h"

static bool is_hugetlb(const struct lab_region *region)
{
    return region->pages == LAB_PAGES_1G || region->pages == LAB_PAGES_2M;
}

static size_t page_bytes_of(const struct lab_region *region)
{
    if (is_hugetlb(region))
        return region->pages == LAB_PAGES_1G ? (size_t)1 << 30 : (size_t)2 << 20;
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* How many bytes from there on are side by side for devices, and where. */
static size_t run_at(const struct lab_region *region, size_t at, rte_iova_t *ret_iova)
{
    const char *begin = (const char *)region->address + at;
    const struct rte_memseg *page = rte_mem_virt2memseg(begin, NULL);
    size_t bytes = page->len;

    *ret_iova = page->iova;
    for (; at + bytes < region->bytes; bytes += page->len) {
        page = rte_mem_virt2memseg(begin + bytes, NULL);
        if (page->iova != *ret_iova + bytes)
            break;
    }
    return bytes;
}

/* Maps the region for a device; returns how many bytes, all of them unless it fails. */
static size_t map(const struct lab_region *region, struct rte_device *device)
{
    size_t at = 0, run;
    rte_iova_t iova;

    for (; at < region->bytes; at += run) {
        run = run_at(region, at, &iova);
        if (rte_dev_dma_map(device, (char *)region->address + at, iova, run) != 0)
            break;
    }
    return at;
}

/* Takes the first `bytes` away again, or as much of them as can be; returns 0, or what went wrong
 * first, as rte_errno has it. */
static int unmap(const struct lab_region *region, struct rte_device *device, size_t bytes)
{
    rte_iova_t iova;
    size_t run;
    int code = 0;

    for (size_t at = 0; at < bytes; at += run) {
        run = run_at(region, at, &iova);
        if (rte_dev_dma_unmap(device, (char *)region->address + at, iova, run) != 0 && code == 0)
            code = rte_errno != 0 ? rte_errno : EIO;
    }
    return code;
}

static int refused(const struct rte_device *device, const char *what, int code,
                   struct lab_error *error)
{
    if (code == ENOTSUP)
        return lab_error_set(error, -ENOTSUP,
                             "device %s: its bus cannot %s memory for one device: give it memory "
                             "that DPDK has mapped for all (lab_mbuf_arena_create())",
                             rte_dev_name(device), what);
    return lab_error_set(error, -code, "device %s: its bus does not %s the region: %s",
                         rte_dev_name(device), what, rte_strerror(code));
}

static int map_for_all(const struct lab_region *region, struct rte_device *const devices[],
                       unsigned n, struct lab_error *error)
{
    for (unsigned i = 0; i < n; i++) {
        size_t done = map(region, devices[i]);
        int code = rte_errno != 0 ? rte_errno : EIO;

        if (done == region->bytes)
            continue;
        (void)unmap(region, devices[i], done);
        for (unsigned before = 0; before < i; before++)
            (void)unmap(region, devices[before], region->bytes);
        return refused(devices[i], "map", code, error);
    }
    return 0;
}

/* Where devices will look for each page. */
static int find_iovas(const struct lab_region *region, size_t page_bytes, rte_iova_t *ret_iovas,
                      struct lab_error *error)
{
    if (rte_eal_iova_mode() == RTE_IOVA_PA && !is_hugetlb(region))
        return lab_error_set(error, -ENOTSUP,
                             "devices that need physical addresses need pages that stay where they "
                             "are, not %s: ask for 2 MiB huge pages, or start with --iova-mode=va",
                             lab_pages_name(region->pages));
    for (size_t i = 0; i < region->bytes / page_bytes; i++) {
        ret_iovas[i] = rte_mem_virt2iova((char *)region->address + i * page_bytes);
        if (ret_iovas[i] == RTE_BAD_IOVA)
            return lab_error_set(error, -EPERM,
                                 "this process may not read the physical addresses that devices "
                                 "need: run it as root, or start with --iova-mode=va");
    }
    return 0;
}

static int register_memory(const struct lab_region *region, struct lab_error *error)
{
    size_t page_bytes = page_bytes_of(region), pages = region->bytes / page_bytes;
    rte_iova_t *iovas = calloc(pages, sizeof(*iovas));
    int rc;

    if (iovas == NULL)
        return lab_error_set(error, -ENOMEM, "no memory for the addresses of %zu pages", pages);
    rc = find_iovas(region, page_bytes, iovas, error);
    if (rc == 0 && rte_extmem_register(region->address, region->bytes, iovas, (unsigned)pages,
                                       page_bytes) != 0)
        rc = rte_errno == EEXIST
                 ? lab_error_set(error, -EEXIST,
                                 "the region is registered with DPDK already: "
                                 "lab_region_dma_unmap() first")
                 : lab_error_set(error, -rte_errno, "DPDK does not register the region: %s",
                                 rte_strerror(rte_errno));
    free(iovas);
    return rc;
}

static int check(const struct lab_region *region, struct rte_device *const devices[], unsigned n,
                 struct lab_error *error)
{
    bool right = region->address != NULL && n > 0;

    for (unsigned i = 0; right && i < n; i++)
        right = devices[i] != NULL;
    return right ? 0
                 : lab_error_set(error, -EINVAL,
                                 "give a region, and each device that is to have it: "
                                 "rte_eth_dev_info_get() reports a port's");
}

int lab_region_dma_map(const struct lab_region *region, struct rte_device *const devices[],
                       unsigned n, struct lab_error *error)
{
    int rc = check(region, devices, n, error);

    if (rc == 0)
        rc = register_memory(region, error);
    if (rc != 0)
        return rc;
    rc = map_for_all(region, devices, n, error);
    if (rc != 0)
        (void)rte_extmem_unregister(region->address, region->bytes);
    return rc;
}

int lab_region_dma_unmap(const struct lab_region *region, struct rte_device *const devices[],
                         unsigned n, struct lab_error *error)
{
    int rc = check(region, devices, n, error);

    if (rc != 0)
        return rc;
    if (rte_mem_virt2memseg(region->address, NULL) == NULL)
        return lab_error_set(error, -ENOENT, "the region is not registered with DPDK");
    for (unsigned i = 0; i < n; i++) {
        int code = unmap(region, devices[i], region->bytes);

        if (code != 0 && rc == 0)
            rc = refused(devices[i], "unmap", code, error);
    }
    if (rc == 0 && rte_extmem_unregister(region->address, region->bytes) != 0)
        rc = lab_error_set(error, -rte_errno, "DPDK does not forget the region: %s",
                           rte_strerror(rte_errno));
    return rc;
}
