/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* Mempools with a reserve and on pages, as the manual shows their use: each function is the example
 * of some page.
 *
 *     reference_mbuf [EAL options]     with --vdev=net_null0 */

#include <lab_mbuf.h>
#include <labyrinth.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdio.h>

#define BURST 32

/* A mempool of 2,047 mbufs, of which 128 are for reception alone, on an arena's pages. */
static struct rte_mempool *make(void)
{
    struct lab_mbuf_pool_options options = {
        .name = "packets",
        .count = 2047,
        .socket = SOCKET_ID_ANY,
        .reserve = 128,
    };

    options.arena = lab_mbuf_arena_create("memory", (size_t)16 << 20, SOCKET_ID_ANY);
    return options.arena == NULL ? NULL : lab_mbuf_pool_create(&options); /* the log says why not */
}

/* Frees a mempool, and the arena that it has its pages from. */
static int unmake(struct rte_mempool *mp)
{
    struct lab_arena *arena = lab_mbuf_pool_arena(mp);

    rte_mempool_free(mp);
    return lab_mbuf_arena_destroy(arena);
}

/* A packet of the program's own: none while only the reserve is left. */
static struct rte_mbuf *own_packet(struct rte_mempool *mp)
{
    return rte_pktmbuf_alloc(lab_mbuf_pool_nowait(mp));
}

/* Keeps a packet, unless it lies in the reserve. */
static bool keep(struct rte_mempool *mp, struct rte_mbuf *packet, struct rte_mbuf **ret_kept)
{
    if (lab_mbuf_is_reserve(mp, packet)) {
        rte_pktmbuf_free(packet);
        return false;
    }
    *ret_kept = packet;
    return true;
}

/* Receives what may be kept; what lies in the reserve is dropped. */
static uint16_t receive(uint16_t port, struct rte_mempool *mp, struct rte_mbuf *packets[])
{
    uint16_t n = rte_eth_rx_burst(port, 0, packets, BURST);

    n = lab_mbuf_drop_reserve(mp, packets, n);
    printf("%u packets, %llu dropped so far\n", n, (unsigned long long)lab_mbuf_dropped(mp));
    return n;
}

/* The same by a callback, for a program that knows nothing of the reserve. */
static bool guard(uint16_t port, struct rte_mempool *mp)
{
    return rte_eth_add_rx_callback(port, 0, lab_mbuf_guard, mp) != NULL;
}

/* Whether the mempool is near its end: one load while nothing has changed. */
static bool is_low(struct rte_mempool *mp, uint64_t *seen)
{
    struct lab_pool *pool = lab_mbuf_pool_of(mp);
    struct lab_pool_events events;

    if (lab_pool_sequence(pool) == *seen)
        return false;
    *seen = lab_pool_sequence(pool);
    lab_pool_events(pool, &events);
    return events.pressure != LAB_PRESSURE_NONE;
}

/* A region that one port reaches, and no other device does. */
static int region_for(uint16_t port, struct lab_region *region, struct lab_error *error)
{
    const struct lab_region_options options = {.bytes = (size_t)2 << 20, .node = LAB_NODE_ANY};
    struct rte_eth_dev_info info;
    int rc = rte_eth_dev_info_get(port, &info);

    if (rc == 0)
        rc = lab_region_create(&options, region, error);
    if (rc != 0)
        return rc;
    rc = lab_region_dma_map(region, &info.device, 1, error);
    if (rc != 0)
        lab_region_destroy(region);
    return rc;
}

/* Takes it back, when nothing uses it any more. */
static int take_back(uint16_t port, struct lab_region *region, struct lab_error *error)
{
    struct rte_eth_dev_info info;
    int rc = rte_eth_dev_info_get(port, &info);

    if (rc == 0)
        rc = lab_region_dma_unmap(region, &info.device, 1, error);
    return rc == 0 ? lab_region_destroy(region) : rc;
}

static int start(uint16_t port, struct rte_mempool *mp)
{
    const struct rte_eth_conf conf = {0};
    int rc = rte_eth_dev_configure(port, 1, 1, &conf);

    if (rc == 0)
        rc = rte_eth_rx_queue_setup(port, 0, 128, SOCKET_ID_ANY, NULL, mp);
    if (rc == 0)
        rc = rte_eth_tx_queue_setup(port, 0, 128, SOCKET_ID_ANY, NULL);
    return rc == 0 ? rte_eth_dev_start(port) : rc;
}

int main(int argc, char *argv[])
{
    struct rte_mbuf *packets[BURST], *kept = NULL;
    struct lab_error error = {0};
    struct lab_region region;
    struct rte_mempool *mp;
    uint64_t seen = 0;
    uint16_t n;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    mp = make();
    if (mp == NULL || !guard(0, mp) || start(0, mp) != 0 || is_low(mp, &seen))
        return 1;
    n = receive(0, mp, packets);
    rte_pktmbuf_free_bulk(packets, n);
    if (n == 0 || !keep(mp, own_packet(mp), &kept))
        return 1;
    rte_pktmbuf_free(kept);
    if (region_for(0, &region, &error) != 0 || take_back(0, &region, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    rte_eth_dev_stop(0);
    rte_eth_dev_close(0);
    return unmake(mp) == 0 && rte_eal_cleanup() == 0 ? 0 : 1;
}
