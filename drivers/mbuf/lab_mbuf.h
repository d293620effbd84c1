/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_H
#define LAB_MBUF_H

/** @file
 * Mempools of mbufs for DPDK, with a reserve for reception, on an arena's pages or on DPDK's
 * memory.
 *
 * A program that keeps many packets keeps their buffers from its own receive queues: when the pool
 * is empty, no packet comes any more, not even the one that would let it free the others. A pool
 * with a reserve has two handles, and a rule:
 *
 *   - the mempool itself is for rte_eth_rx_queue_setup(), and for nothing else: a driver refills
 *     under LAB_GFP_ATOMIC, down to the last mbuf of the reserve;
 *   - lab_mbuf_pool_nowait() is for everything else that the program allocates, and ends before the
 *     reserve. Its mbufs are of the same pool, and are freed as any mbuf;
 *   - a packet that lies in the reserve is for looking at, not for keeping. lab_mbuf_is_reserve()
 *     says which ones do, lab_mbuf_drop_reserve() drops them, and lab_mbuf_guard() does so for a
 *     receive queue whose program knows nothing of all this.
 *
 * So however many packets are kept, the mbufs of the reserve go round, and reception goes on. As
 * many as the receive queues have descriptors, and a burst for each, keep these full. Programs link
 * this library, and load the driver (-d librte_mempool_labyrinth.so) or link it. Errors are in
 * DPDK's log.
 *
 * Made and freed by the primary process; a secondary one finds a pool by rte_mempool_lookup(), and
 * may call everything else here. */

#include <lab_page.h>
#include <lab_pool.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rte_device;

/* Mempools with a reserve, or on pages */

/** A pool's name, with its terminating zero: its other handle has the same, and ".nowait". */
#define LAB_MBUF_NAME_SIZE (RTE_MEMPOOL_NAMESIZE - 7)

/** The options of a mempool, for lab_mbuf_pool_create(). From `reserve` on a member may be 0, which
 * asks for what stands in brackets. */
struct lab_mbuf_pool_options {
    const char *name; /**< at most LAB_MBUF_NAME_SIZE - 1 characters */
    uint32_t count;   /**< mbufs; at least 1 */
    int socket;       /**< NUMA node, or SOCKET_ID_ANY. 0 is node 0! */

    /* The rest may be 0, which asks for what stands in brackets. */
    uint32_t reserve; /**< of these, mbufs for reception alone: fewer than count [none] */
    uint32_t low;     /**< mbufs free at which the pool is low, those of the reserve among them: at
                         least these, and fewer than count [the reserve] */
    uint32_t high;  /**< mbufs free at which there is no pressure any more: more than low [low, and
                       an eighth  of what is beyond that] */
    uint32_t cache; /**< DPDK's own, for each lcore; not with a reserve, of which it would keep what
                       it has [none: the driver needs none to be fast] */
    uint16_t
        data_room; /**< bytes of an mbuf's data, with the headroom [RTE_MBUF_DEFAULT_BUF_SIZE] */
    uint16_t priv_size; /**< bytes of the program's own in each mbuf, a multiple of
                           RTE_MBUF_PRIV_ALIGN [0] */

    /** Pages of this arena are what the mbufs are made of; rte_mempool_free() gives them back.
     * lab_mbuf_arena_create() makes one; of any other, DPDK must know the memory
     * (lab_region_dma_map()) [DPDK's heap] */
    struct lab_arena *arena;
    unsigned gfp; /**< how to ask the arena (lab_gfp.h) [LAB_GFP_WAIT] */
};

/** Makes a mempool, with a reserve or on pages. rte_mempool_free() frees it, and its other handle.
 * On failure the log says why, and rte_errno is set: EINVAL for a wrong option, ENOMEM when memory
 * was short, ENOENT when the driver is not loaded, EPROTO when it is one of another version, EEXIST
 * when there is a mempool of that name, E_RTE_SECONDARY in a secondary process, or what DPDK's
 * calls for mempools set.
 *
 * @return the mempool, or NULL on failure
 * @threads Control threads of the primary process; blocking. */
LAB_PUBLIC struct rte_mempool *lab_mbuf_pool_create(const struct lab_mbuf_pool_options *options);

/** Finds the handle of a mempool of lab_mbuf_pool_create() that stops before the reserve.
 *
 * @return the handle; the mempool itself when it has no reserve, or was made in another way
 * @threads Any thread and process; wait-free. */
LAB_PUBLIC struct rte_mempool *lab_mbuf_pool_nowait(struct rte_mempool *mp);

/** Finds the pool behind either handle, for its events: lab_pool_sequence(), lab_pool_events(). A
 * program that does not link this library has lab_mempool_pool().
 *
 * @return the pool, or NULL for a mempool of another driver
 * @threads Any thread and process; wait-free. */
LAB_PUBLIC struct lab_pool *lab_mbuf_pool_of(const struct rte_mempool *mp);

/** Finds the arena whose pages a mempool of lab_mbuf_pool_create() has.
 *
 * @return the arena, or NULL
 * @threads Any thread of the primary process; wait-free. */
LAB_PUBLIC struct lab_arena *lab_mbuf_pool_arena(const struct rte_mempool *mp);

/** Returns whether a segment of the packet lies in the reserve of mp. That is one load while none
 * of it is held.
 *
 * @return true when one does
 * @threads Any thread; wait-free. */
LAB_PUBLIC bool lab_mbuf_is_reserve(const struct rte_mempool *mp, const struct rte_mbuf *packet);

/** Frees those packets that lie in the reserve of mp, and closes the gaps. That is one load while
 * none of it is held.
 *
 * @return how many packets are left
 * @threads Any thread; never blocks. */
LAB_PUBLIC uint16_t lab_mbuf_drop_reserve(struct rte_mempool *mp, struct rte_mbuf *packets[],
                                          uint16_t n);

/** Does as lab_mbuf_drop_reserve(), as a callback of a receive queue. It is added by
 *
 *     rte_eth_add_rx_callback(port, queue, lab_mbuf_guard, mp);
 *
 * @like{lab_mbuf_drop_reserve} */
LAB_PUBLIC uint16_t lab_mbuf_guard(uint16_t port, uint16_t queue, struct rte_mbuf *packets[],
                                   uint16_t n, uint16_t most, void *mp);

/** Counts the packets of this pool that lab_mbuf_drop_reserve() and lab_mbuf_guard() have dropped
 * so far.
 *
 * @return the number
 * @threads Any thread and process; wait-free. */
LAB_PUBLIC uint64_t lab_mbuf_dropped(const struct rte_mempool *mp);

/** Makes an arena over DPDK's memory, which all devices can reach. It has `bytes`, rounded up to 2
 * MiB, in a memzone of this name (at most LAB_ARENA_NAME_SIZE - 1 characters). Telemetry shows it
 * (/labyrinth/map), and lab_housekeep() is a service of DPDK's, "lab_" and the name, which the
 * program maps to a service core and starts if it wants clean pages. On failure the log says why,
 * and rte_errno is set: EINVAL, ENOMEM, EEXIST or E_RTE_SECONDARY.
 *
 * @return the arena, or NULL on failure
 * @threads Control threads of the primary process; blocking. */
LAB_PUBLIC struct lab_arena *lab_mbuf_arena_create(const char *name, size_t bytes, int socket);

/** Frees an arena of lab_mbuf_arena_create(). NULL is allowed.
 *
 * @retval -EBUSY pages are held, as those of a pool are
 * @threads Control threads; blocking. */
LAB_PUBLIC int lab_mbuf_arena_destroy(struct lab_arena *arena);

/* Any mempool of the driver's */

/** Finds the pool behind a mempool of DPDK's, which lives as long as the mempool: for programs that
 * load the driver as a plugin, and would like to say more to it than DPDK's calls can. They link
 * the library (labyrinth.pc), beside DPDK, and nothing of the plugin's, nor labyrinth-mbuf:
 *
 *     struct lab_pool *pool = lab_mempool_pool(mp);
 *
 *     if (pool != NULL) // a mempool of this driver's
 *         (void)lab_pool_transfer(pool, rte_lcore_id(), objects, n, to, 0);
 *
 * lcore ids are DPDK's: rte_lcore_id(), also where that is LCORE_ID_ANY. The pool's objects are
 * those of the mempool.
 *
 * The plugin has a copy of the library in it, and the program another one. To a pool, these are two
 * processes: once the program's has got, put or reclaimed, all gets fence (lab_pool_attach()). So
 * get and put by the mempool's calls. To state who holds what, to ask, and to poll watermarks is no
 * such use.
 *
 * @return the pool, or NULL: for a mempool of another driver, one that has no memory yet, and one
 *     that a driver of another version than this header made
 * @threads Any thread and process; wait-free. */
LAB_INLINE struct lab_pool *lab_mempool_pool(const struct rte_mempool *mp)
{
    struct lab_pool *pool = (struct lab_pool *)mp->pool_data;

    if (strcmp(rte_mempool_get_ops(mp->ops_index)->name, "labyrinth") != 0 || pool == NULL ||
        pool->magic != LAB_POOL_MAGIC || pool->layout != LAB_SHARED_LAYOUT)
        return NULL;
    return pool;
}

/* Regions for devices */

/** Registers a region with DPDK, and maps it for these n devices, one or more, and no others.
 *
 * DPDK's own heap is mapped for every device. A region of lab_region_create() is mapped for none;
 * with this one, for some. An arena on it (lab_arena_init()) can then have mempools on its pages
 * (lab_mbuf_pool_create()). Devices are those of rte_eth_dev_info_get():
 *
 *     rte_eth_dev_info_get(port, &info);
 *     lab_region_dma_map(&region, &info.device, 1, &error);
 *
 * The bus decides which devices share a mapping: those in one container of VFIO do, and that are
 * all of a process, unless it made others. A device that has no DMA of its own, as net_null, has
 * nothing mapped.
 *
 * A region is mapped once, for all that are to have it; other processes that are to use it call
 * rte_extmem_attach(). On failure *error (may be NULL) names the device and says what to do, and
 * nothing is mapped or registered.
 *
 * @retval -ENOTSUP a device's bus cannot map memory for it; or devices need physical addresses
 *     (IOVA mode PA) and the region is not of huge pages, which alone stay where they are
 * @retval -EPERM this process may not read these addresses
 * @retval -EEXIST the region is registered already
 * @retval -EINVAL no region or no device
 * @retval -ENOMEM memory was short
 * @retval -errno another error of the bus or DPDK
 * @threads Any thread; blocking; for set-up only. */
LAB_PUBLIC int lab_region_dma_map(const struct lab_region *region,
                                  struct rte_device *const devices[], unsigned n,
                                  struct lab_error *error) LAB_CHECKED;

/** Takes a region from the devices that have it, all of those that it was mapped for, and makes
 * DPDK forget it. Nothing may use it any more: free its mempools and stop the devices' queues
 * first; and this comes before lab_region_destroy().
 *
 * @retval -ENOENT a region that is not registered
 * @retval -EINVAL no region or no device
 * @retval -errno what the bus of a device says, which *error (may be NULL) describes: then the
 *     others have lost it all the same, but it is still registered
 * @threads Any thread; blocking. */
LAB_PUBLIC int lab_region_dma_unmap(const struct lab_region *region,
                                    struct rte_device *const devices[], unsigned n,
                                    struct lab_error *error);

#ifdef __cplusplus
}
#endif

#endif
