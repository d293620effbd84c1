/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program whose packet pool is Labyrinth's:
 *
 *     cc dpdk.c $(pkg-config --cflags --libs libdpdk) -o dpdk
 *     ./dpdk --in-memory --no-pci
 *
 * Nothing of Labyrinth's is included or linked: its driver is a plugin, which the EAL finds where
 * it is installed, or by -d librte_mempool_labyrinth.so. */

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <stdio.h>

#define BUFFERS 8191
#define CACHE 0 /* the driver's own is as fast, and strands nothing on an idle lcore */
#define BURST 32

static int use(struct rte_mempool *pool)
{
    struct rte_mbuf *burst[BURST];

    /* All of them, or none. */
    if (rte_pktmbuf_alloc_bulk(pool, burst, BURST) != 0)
        return -1;
    printf("%s: %u of %u free\n", rte_mempool_get_ops(pool->ops_index)->name,
           rte_mempool_avail_count(pool), pool->size);
    rte_pktmbuf_free_bulk(burst, BURST);
    return 0;
}

int main(int argc, char *argv[])
{
    struct rte_mempool *pool;
    int rc;

    if (rte_eal_init(argc, argv) < 0) {
        fprintf(stderr, "the EAL does not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    /* rte_pktmbuf_pool_create() does the same for --mbuf-pool-ops-name=labyrinth. */
    pool = rte_pktmbuf_pool_create_by_ops("frames", BUFFERS, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                          SOCKET_ID_ANY, "labyrinth");
    if (pool == NULL) {
        fprintf(stderr, "no pool: %s\n", rte_strerror(rte_errno));
        rte_eal_cleanup();
        return 1;
    }
    rc = use(pool);
    rte_mempool_free(pool);
    rte_eal_cleanup();
    return rc == 0 ? 0 : 1;
}
