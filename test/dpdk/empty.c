/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A program whose pool runs empty, for the guide's chapter about that. It receives from port 0,
 * sends to it, keeps 3,000 packets in a table of sessions on purpose, and forgets one of 400. It
 * links DPDK alone, and is started without an audit.
 *
 *     empty [EAL options]
 */

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MBUFS 8191u
#define SESSIONS 3000u
#define BURST 32u

struct session {
    struct rte_mbuf *last;
    uint64_t packets;
};

static struct session *sessions;
static unsigned long received;

static void keep(struct rte_mbuf *mbuf)
{
    struct session *session = &sessions[received % SESSIONS];

    rte_pktmbuf_free(session->last);
    session->last = mbuf;
    session->packets++;
}

static void forward(struct rte_mbuf *mbuf)
{
    received++;
    if (received <= SESSIONS)
        keep(mbuf);
    else if (received % 400 == 0)
        return; /* the mistake: neither sent nor freed */
    else if (rte_eth_tx_burst(0, 0, &mbuf, 1) == 0)
        rte_pktmbuf_free(mbuf);
}

static int open_port(struct rte_mempool *pool)
{
    const struct rte_eth_conf conf = {.rxmode = {.mtu = 0}};

    if (rte_eth_dev_configure(0, 1, 1, &conf) != 0 ||
        rte_eth_rx_queue_setup(0, 0, 256, SOCKET_ID_ANY, NULL, pool) != 0 ||
        rte_eth_tx_queue_setup(0, 0, 256, SOCKET_ID_ANY, NULL) != 0)
        return -1;
    return rte_eth_dev_start(0);
}

int main(int argc, char **argv)
{
    struct rte_mempool *pool;
    struct rte_mbuf *burst[BURST];

    if (rte_eal_init(argc, argv) < 0)
        return 2;
    pool =
        rte_pktmbuf_pool_create("packets", MBUFS, 250, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    sessions = rte_zmalloc("sessions", SESSIONS * sizeof(*sessions), 0);
    if (pool == NULL || sessions == NULL || open_port(pool) != 0)
        return 1;
    printf("receiving\n");
    fflush(stdout);
    for (;;) {
        uint16_t n = rte_eth_rx_burst(0, 0, burst, BURST);

        for (uint16_t i = 0; i < n; i++)
            forward(burst[i]);
        usleep(n == BURST ? 1000 : 10000);
    }
}
