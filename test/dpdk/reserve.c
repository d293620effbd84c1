/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_mbuf.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <stdio.h>

#define BUFFERS 4095
#define RESERVE 512 /* as many as the receive queue has descriptors */
#define BURST 32

/* Receives with `pool` behind the queue, and in front of the program nothing but what it may keep.
 */
static int start(uint16_t port, struct rte_mempool *pool)
{
    const struct rte_eth_conf conf = {0};
    int rc = rte_eth_dev_configure(port, 1, 1, &conf);

    if (rc == 0)
        rc = rte_eth_rx_queue_setup(port, 0, RESERVE, SOCKET_ID_ANY, NULL, pool);
    if (rc == 0)
        rc = rte_eth_tx_queue_setup(port, 0, RESERVE, SOCKET_ID_ANY, NULL);
    if (rc == 0 && rte_eth_add_rx_callback(port, 0, lab_mbuf_guard, pool) == NULL)
        rc = -rte_errno;
    return rc == 0 ? rte_eth_dev_start(port) : rc;
}

/* A program that keeps all packets that it gets. Returns how many these are. */
static unsigned keep_all(uint16_t port, struct rte_mbuf *kept[])
{
    unsigned n = 0;

    for (int poll = 0; poll < 2 * BUFFERS / BURST; poll++)
        n += rte_eth_rx_burst(port, 0, kept + n, BURST);
    return n;
}

int main(int argc, char *argv[])
{
    static struct rte_mbuf *kept[BUFFERS];
    struct lab_mbuf_pool_options options = {
        .name = "packets",
        .count = BUFFERS,
        .socket = SOCKET_ID_ANY,
        .reserve = RESERVE,
    };
    struct rte_mempool *pool;
    struct rte_mbuf *own;
    unsigned n;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    /* Memory that other pools, of other sizes, could share. */
    options.arena = lab_mbuf_arena_create("frames", (size_t)32 << 20, SOCKET_ID_ANY);
    if (options.arena == NULL)
        return 1;
    pool = lab_mbuf_pool_create(&options);
    if (pool == NULL || start(0, pool) != 0)
        return 1;

    n = keep_all(0, kept);
    printf("%u packets kept, %lu came after that and were dropped\n", n,
           (unsigned long)lab_mbuf_dropped(pool));

    /* Everything but reception stops where the reserve begins. */
    own = rte_pktmbuf_alloc(lab_mbuf_pool_nowait(pool));
    printf("a packet of the program's own: %s\n", own != NULL ? "yes" : "not until some are freed");

    rte_pktmbuf_free_bulk(kept, n);
    rte_eth_dev_stop(0);
    rte_eth_dev_close(0);
    rte_mempool_free(pool); /* its memory is the arena's again */
    return lab_mbuf_arena_destroy(options.arena) == 0 && rte_eal_cleanup() == 0 ? 0 : 1;
}
