/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program that counts what the gets and puts of a polling lcore ask of the system: each kind
 * of call for the first time, and then again and again. It links DPDK alone.
 *
 *     quiet [EAL options] -- [FILE]
 *
 * FILE is a library that is loaded after the mempool was made, and has a function get_and_put() of
 * its own. Built without optimisation, so that DPDK's inline functions stand between this program
 * and the driver. */

#include <dlfcn.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdio.h>

#include "quiet.h"

#define MBUFS 8191u
#define BURST 32u
#define ROUNDS 300u

static struct rte_mempool *pool;
static void (*late)(struct rte_mempool *mp);
static struct quiet_counts counts;

static void one(void)
{
    struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

    if (m != NULL)
        rte_pktmbuf_free(m);
}

static void burst(void)
{
    struct rte_mbuf *all[BURST];

    if (rte_pktmbuf_alloc_bulk(pool, all, BURST) == 0)
        rte_pktmbuf_free_bulk(all, BURST); /* is no inline function */
}

static void objects(void)
{
    void *all[BURST];

    if (rte_mempool_get_bulk(pool, all, BURST) == 0)
        rte_mempool_put_bulk(pool, all, BURST);
}

static int poll_pool(void *unused)
{
    int rc = quiet_begin();

    RTE_SET_USED(unused);
    for (unsigned i = 0; rc == 0 && i < ROUNDS; i++) {
        one();
        burst();
        objects();
        if (late != NULL)
            late(pool);
    }
    counts = quiet_end();
    return rc;
}

int main(int argc, char **argv)
{
    int used = rte_eal_init(argc, argv), rc;
    unsigned lcore;

    if (used < 0)
        return 2;
    pool =
        rte_pktmbuf_pool_create("packets", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == NULL)
        return 1;
    if (argc - used == 2) {
        void *library = dlopen(argv[used + 1], RTLD_NOW);

        late =
            library != NULL ? (void (*)(struct rte_mempool *))dlsym(library, "get_and_put") : NULL;
        if (late == NULL)
            return 2;
    }
    lcore = rte_get_next_lcore(-1, 1, 0);
    if (lcore >= RTE_MAX_LCORE || rte_eal_remote_launch(poll_pool, NULL, lcore) != 0)
        return 2;
    rc = rte_eal_wait_lcore(lcore);
    if (rc == 0)
        printf("system calls %u, the first of number %d; allocations %u\n", counts.calls,
               counts.first, counts.allocations);
    fflush(stdout);
    rte_mempool_free(pool);
    return rc == 0 ? 0 : 77;
}
