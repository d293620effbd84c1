/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Preloaded into a program that asks its ports for what only hardware has: a port is asked for what
 * it offers, and what kind of packet has come is found out by software. */

#include <dlfcn.h>
#include <errno.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_net.h>

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

int rte_eth_dev_configure(uint16_t port, uint16_t n_rx, uint16_t n_tx,
                          const struct rte_eth_conf *wanted)
{
    int (*configure)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *) = next(__func__);
    struct rte_eth_conf conf = *wanted;
    struct rte_eth_dev_info info;

    if (rte_eth_dev_info_get(port, &info) == 0) {
        conf.rxmode.offloads &= info.rx_offload_capa;
        conf.txmode.offloads &= info.tx_offload_capa;
        conf.rxmode.mtu = RTE_MIN(conf.rxmode.mtu, (uint32_t)RTE_ETHER_MTU);
    }
    return configure(port, n_rx, n_tx, &conf);
}

int rte_eth_dev_set_mtu(uint16_t port, uint16_t mtu)
{
    int (*set)(uint16_t, uint16_t) = next(__func__);
    int status = set(port, RTE_MIN(mtu, (uint16_t)RTE_ETHER_MTU));

    return status == -ENOTSUP ? 0 : status;
}

int rte_eth_allmulticast_enable(uint16_t port)
{
    int (*enable)(uint16_t) = next(__func__);
    int status = enable(port);

    return status == -ENOTSUP ? 0 : status;
}

static uint16_t classify(uint16_t port, uint16_t queue, struct rte_mbuf **packets, uint16_t n,
                         uint16_t max, void *context)
{
    RTE_SET_USED(port);
    RTE_SET_USED(queue);
    RTE_SET_USED(max);
    RTE_SET_USED(context);
    for (uint16_t i = 0; i < n; i++)
        packets[i]->packet_type = rte_net_get_ptype(packets[i], NULL, RTE_PTYPE_ALL_MASK);
    return n;
}

int rte_eth_dev_start(uint16_t port)
{
    int (*start)(uint16_t) = next(__func__);

    return rte_eth_add_rx_callback(port, 0, classify, NULL) == NULL ? -1 : start(port);
}

int rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                           const struct rte_eth_rxconf *wanted, struct rte_mempool *pool)
{
    int (*setup)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_rxconf *,
                 struct rte_mempool *) = next(__func__);
    struct rte_eth_dev_info info;
    struct rte_eth_rxconf conf;

    if (wanted == NULL || rte_eth_dev_info_get(port, &info) != 0)
        return setup(port, queue, n, socket, wanted, pool);
    conf = *wanted;
    conf.offloads &= info.rx_offload_capa;
    return setup(port, queue, n, socket, &conf, pool);
}

int rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t n, unsigned int socket,
                           const struct rte_eth_txconf *wanted)
{
    int (*setup)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_txconf *) =
        next(__func__);
    struct rte_eth_dev_info info;
    struct rte_eth_txconf conf;

    if (wanted == NULL || rte_eth_dev_info_get(port, &info) != 0)
        return setup(port, queue, n, socket, wanted);
    conf = *wanted;
    conf.offloads &= info.tx_offload_capa;
    return setup(port, queue, n, socket, &conf);
}
