/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_REGION_DMA_H
#define LAB_REGION_DMA_H

/* A region for DPDK's devices: those that are named, and no others.
 *
 * What DPDK's own heap maps, it maps for every device. A region of lab_region_create() is mapped
 * for none; with this one, for some. An arena on it (lab_arena_init()) can then have mempools on
 * its pages (lab_mbuf_pool_create()). Devices are those of rte_eth_dev_info_get():
 *
 *     rte_eth_dev_info_get(port, &info);
 *     lab_region_dma_map(&region, &info.device, 1, &error);
 *
 * Which devices share a mapping is the bus's decision: those in one container of VFIO do, and that
 * are all of a process, unless it made others. A device that has no DMA of its own, as net_null,
 * has nothing mapped. */

#include <lab_error.h>
#include <lab_region.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_device;

/* Registers a region with DPDK, and maps it for these n devices, one or more. A region is mapped
 * once, for all that are to have it; other processes that are to use it call rte_extmem_attach().
 *
 * Returns 0; -ENOTSUP when a device's bus cannot map memory for it, or when devices need physical
 * addresses (IOVA mode PA) and the region is not of huge pages, which alone stay where they are;
 * -EPERM when this process may not read these addresses; -EEXIST when the region is registered
 * already; -EINVAL for no region or no device; -ENOMEM, or what else the bus or DPDK says. *error
 * (may be NULL) then names the device and says what to do, and nothing is mapped or registered. Any
 * thread; blocking; set-up only. Example: test/dpdk/dma_test.c. */
LAB_PUBLIC int lab_region_dma_map(const struct lab_region *region,
                                  struct rte_device *const devices[], unsigned n,
                                  struct lab_error *error) LAB_CHECKED;

/* Takes a region from the devices that have it, all of those that it was mapped for, and makes DPDK
 * forget it. Nothing may use it any more: free its mempools and stop the devices' queues first; and
 * this comes before lab_region_destroy(). Returns 0; -ENOENT for a region that is not registered;
 * -EINVAL as above; or what the bus of a device says, which is told in *error (may be NULL): then
 * the others have lost it all the same, but it is still registered. Any thread; blocking. */
LAB_PUBLIC int lab_region_dma_unmap(const struct lab_region *region,
                                    struct rte_device *const devices[], unsigned n,
                                    struct lab_error *error);

#ifdef __cplusplus
}
#endif

#endif
