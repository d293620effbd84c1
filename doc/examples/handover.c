/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A DPDK program that states to the audit to whom it gives its mbufs:
 *
 *     cc handover.c $(pkg-config --cflags --libs libdpdk labyrinth) -o handover
 *     LABYRINTH_OPTIONS=audit=full ./handover --in-memory --no-pci
 *
 * The driver is a plugin, as ever; the library is linked for what is called here. */

#include <lab_mbuf.h>
#include <labyrinth.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <stdio.h>

#define BURST 32

/* An mbuf that another process is to free is its own from now on: if it is killed,
 * lab_pool_reclaim() by anybody takes back what it held, and no more. */
static int give(struct lab_pool *pool, struct rte_mbuf *burst[], unsigned n, int pid)
{
    uint64_t process;
    int rc = lab_os_process(pid, &process);

    if (rc != 0)
        return rc; /* it has ended, or cannot be identified from here */
    return lab_pool_transfer(pool, rte_lcore_id(), (void *const *)burst, n, LAB_LCORE_ANY, process);
}

static int use(struct rte_mempool *mp)
{
    struct lab_pool *pool = lab_mempool_pool(mp);
    struct lab_audit_group held = {0};
    struct rte_mbuf *burst[BURST];
    uint64_t rest;
    int rc;

    if (pool == NULL) {
        fprintf(stderr, "the mempool is another driver's\n");
        return -EINVAL;
    }
    if (rte_pktmbuf_alloc_bulk(mp, burst, BURST) != 0)
        return -ENOBUFS;
    rc = give(pool, burst, BURST, 0); /* to this process itself, on any lcore */
    if (lab_pool_groups(pool, 0, NULL, &held, 1, &rest) > 0)
        printf("%llu mbufs are held together\n", (unsigned long long)held.count);
    rte_pktmbuf_free_bulk(burst, BURST);
    return rc;
}

int main(int argc, char *argv[])
{
    struct rte_mempool *mp;
    int rc;

    if (rte_eal_init(argc, argv) < 0) {
        fprintf(stderr, "the EAL does not start: %s\n", rte_strerror(rte_errno));
        return 1;
    }
    mp = rte_pktmbuf_pool_create_by_ops("frames", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                        SOCKET_ID_ANY, "labyrinth");
    if (mp == NULL) {
        fprintf(stderr, "no pool: %s\n", rte_strerror(rte_errno));
        rte_eal_cleanup();
        return 1;
    }
    rc = use(mp);
    rte_mempool_free(mp);
    rte_eal_cleanup();
    return rc == 0 ? 0 : 1;
}
