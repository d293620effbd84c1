/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A program that tools of DPDK's may look into: it forwards from port 0 to port 0, slowly, so that
 * those keep up, from a pool of the default ops.
 *
 *     forward [EAL options]        with --vdev=net_null0
 *
 * It begins with its table of mempool ops, "ops NAME NAME...", and "ok". For each line of its
 * standard input it answers "ok N": packets so far. At the end of the input it stops. */

#include <inttypes.h>
#include <poll.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_pdump.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define BURST 32

static void print_ops(void)
{
    printf("ops");
    for (uint32_t i = 0; i < rte_mempool_ops_table.num_ops; i++)
        printf(" %s", rte_mempool_ops_table.ops[i].name);
    printf("\n");
}

static bool start(struct rte_mempool *pool)
{
    const struct rte_eth_conf conf = {0};

    return rte_eth_dev_configure(0, 1, 1, &conf) == 0 &&
           rte_eth_rx_queue_setup(0, 0, 512, 0, NULL, pool) == 0 &&
           rte_eth_tx_queue_setup(0, 0, 512, 0, NULL) == 0 && rte_eth_dev_start(0) == 0 &&
           rte_pdump_init() == 0;
}

static uint64_t forward_once(void)
{
    struct rte_mbuf *packets[BURST];
    uint16_t got = rte_eth_rx_burst(0, 0, packets, BURST);
    uint16_t sent = rte_eth_tx_burst(0, 0, packets, got);

    rte_pktmbuf_free_bulk(packets + sent, got - sent);
    return sent;
}

/* False at the end of the input. */
static bool answer(uint64_t forwarded)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char text[256];

    if (poll(&input, 1, 0) != 1)
        return true;
    if (read(STDIN_FILENO, text, sizeof(text)) <= 0)
        return false;
    printf("ok %" PRIu64 "\n", forwarded);
    return true;
}

int main(int argc, char **argv)
{
    struct rte_mempool *pool;
    uint64_t forwarded = 0;

    if (rte_eal_init(argc, argv) < 0)
        return 1;
    print_ops();
    pool =
        rte_pktmbuf_pool_create("forward", 4095, 250, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == NULL || !start(pool)) {
        fprintf(stderr, "%s\n", rte_strerror(rte_errno));
        return 1;
    }
    printf("ok\n");
    for (; answer(forwarded); forwarded += forward_once())
        rte_delay_us_sleep(1000);
    rte_pdump_uninit();
    rte_eth_dev_stop(0);
    rte_eth_dev_close(0);
    rte_mempool_free(pool);
    return rte_eal_cleanup() == 0 ? 0 : 1;
}
