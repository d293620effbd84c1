/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/port.h"

#include "capture/flow.h"
#include "device.h"
#include "message.h"
#include "queue/interface.h"
#include "stop.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Why the ports do not start: said when they are closed again, which can print a lot. */
struct refusal_text {
    char text[320];
};

#define LINK_NS UINT64_C(9000000000) /* testpmd's patience */
#define DRAIN_PACKETS 65536u         /* some ports never run dry */

/* AF_XDP's driver forgets the buffers that lie in the rings that it shares with the kernel, and
 * does not let go of the interface's queue before the process ends. */
#define AF_XDP_RING 2048u

/* The largest frame that a port passes on whole. */
static uint32_t port_limit(const struct port *port, uint64_t offload_chains, uint32_t room)
{
    const struct rte_eth_dev_info *info = &port->info;
    uint32_t limit = info->max_rx_pktlen == 0 ? UINT32_MAX : info->max_rx_pktlen;
    unsigned mtu = 0;

    if (info->if_index != 0)
        mtu = device_interface_mtu(info->if_index);
    else if (info->max_mtu < UINT16_MAX)
        mtu = info->max_mtu;
    if (mtu != 0)
        limit = RTE_MIN(limit, mtu + RTE_ETHER_HDR_LEN);
    else if (limit < UINT16_MAX)
        limit -= RTE_ETHER_CRC_LEN;
    if (port->interface != NULL) /* it may become a port of AF_PACKET, whose places are of 2 KiB */
        limit = RTE_MIN(limit, (uint32_t)RTE_ETHER_MAX_LEN);
    return offload_chains != 0 ? limit : RTE_MIN(limit, room);
}

static bool sends(const struct ports *ports, const struct port *port)
{
    return port == ports->tx || port == ports->tx2;
}

static bool receives(const struct ports *ports, const struct port *port)
{
    return ports->rx != NULL && (port == ports->rx || ports->tx2 != NULL);
}

/* The same of all of them. */
static uint32_t pass_limit(const struct ports *ports, uint32_t room)
{
    uint32_t limit = UINT32_MAX;

    for (unsigned i = 0; i < ports->n; i++) {
        const struct port *port = &ports->port[i];

        if (sends(ports, port))
            limit = RTE_MIN(
                limit,
                port_limit(port, port->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS, room));
        if (receives(ports, port))
            limit = RTE_MIN(
                limit,
                port_limit(port, port->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER, room));
    }
    return limit;
}

void ports_fit(const struct ports *ports, const struct options *options, struct capture *capture)
{
    uint32_t room = options->mbuf_size - RTE_PKTMBUF_HEADROOM, limit, largest = 0;
    size_t n = 0;

    limit = pass_limit(ports, room);
    for (size_t i = 0; i < capture->n_frames; i++) {
        struct frame frame = capture->frames[i];

        if (frame.bytes > limit || frame.bytes < RTE_ETHER_HDR_LEN) {
            capture->refused[frame.bytes > limit ? REFUSED_LARGER_THAN_PORT
                                                 : REFUSED_SMALLER_THAN_HEADER]++;
            capture->data_bytes -= frame.bytes;
            continue;
        }
        largest = RTE_MAX(largest, frame.bytes);
        capture->frames[n++] = frame;
    }
    if (capture->refused[REFUSED_LARGER_THAN_PORT] != 0)
        note("%" PRIu64 " frames refused: larger_than_port: %s%s%s passes %u bytes",
             capture->refused[REFUSED_LARGER_THAN_PORT], ports->port[0].name,
             ports->n == 2 ? " with " : "", ports->n == 2 ? ports->port[1].name : "", limit);
    capture->n_frames = n;
    capture->largest = largest;
}

/* As the EAL did it at the start. */
static int probe_again(struct port *port, struct refusal_text *why)
{
    const struct rte_device *device = port->info.device;
    const struct rte_devargs *devargs = rte_dev_devargs(device);
    char bus[64], name[RTE_DEV_NAME_MAX_LEN], *args;
    int rc;

    snprintf(bus, sizeof(bus), "%s", rte_bus_name(rte_dev_bus(device)));
    snprintf(name, sizeof(name), "%s", rte_dev_name(device));
    args = strdup(devargs == NULL || devargs->args == NULL ? "" : devargs->args);
    if (args == NULL)
        return -ENOMEM;
    rte_eal_hotplug_remove(bus, name);
    rc = rte_eal_hotplug_add(bus, name, args);
    free(args);
    if (rc != 0 || port_look_up(port) != 0) {
        snprintf(why->text, sizeof(why->text),
                 "port %s cannot be opened again for the next pool: run one pool at a time",
                 port->name);
        return -EIO;
    }
    port->closed = false;
    return 0;
}

static struct rte_eth_conf make_configuration(const struct port *port, uint32_t largest, bool rss)
{
    const struct rte_eth_dev_info *info = &port->info;
    struct rte_eth_conf conf = {0};

    if (info->if_index == 0 && largest > RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN) {
        uint32_t mtu = RTE_MIN(largest - RTE_ETHER_HDR_LEN, info->max_mtu);

        conf.rxmode.mtu = RTE_MIN(mtu, info->max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
    }
    conf.rxmode.offloads = info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
    conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
    if (rss) {
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        conf.rx_adv_conf.rss_conf.rss_key = (uint8_t *)(uintptr_t)flow_key;
        conf.rx_adv_conf.rss_conf.rss_key_len = info->hash_key_size;
        conf.rx_adv_conf.rss_conf.rss_hf =
            info->flow_type_rss_offloads &
            (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP);
    }
    return conf;
}

static int configure(struct port *port, uint32_t largest)
{
    bool rss = port->n_rx > 1 && port->info.flow_type_rss_offloads != 0 &&
               port->info.hash_key_size != 0 && port->info.hash_key_size <= FLOW_KEY_BYTES;
    struct rte_eth_conf conf = make_configuration(port, largest, rss);
    int rc = rte_eth_dev_configure(port->id, port->n_rx, port->n_tx, &conf);

    if (rc != 0 && rss) {
        conf = make_configuration(port, largest, false);
        rc = rte_eth_dev_configure(port->id, port->n_rx, port->n_tx, &conf);
    }
    if (rc == 0)
        port->configured = true;
    return rc;
}

static int set_up_queues(struct port *port, unsigned rxd, struct rte_mempool *pool)
{
    uint16_t n_rxd = (uint16_t)rxd, n_txd = (uint16_t)rxd;
    int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &n_rxd, &n_txd);

    for (uint16_t i = 0; rc == 0 && i < port->n_rx; i++)
        rc = rte_eth_rx_queue_setup(port->id, i, n_rxd, (unsigned)SOCKET_ID_ANY, NULL, pool);
    for (uint16_t i = 0; rc == 0 && i < port->n_tx; i++)
        rc = rte_eth_tx_queue_setup(port->id, i, n_txd, (unsigned)SOCKET_ID_ANY, NULL);
    return rc;
}

static void advise(const struct port *port, const struct options *options, char *text,
                   size_t capacity)
{
    unsigned room = options->mbuf_size - RTE_PKTMBUF_HEADROOM;

    if (strcmp(port->info.driver_name, "net_memif") == 0) {
        snprintf(text, capacity, ": the process at its other end must be there first");
        return;
    }
    device_lacking(port->info.driver_name, text, capacity);
    if (text[0] == '\0' && room < RTE_MAX(2048u, port->info.min_rx_bufsize))
        snprintf(text, capacity, ": buffers of %u bytes are too small for it: --mbuf-size=%u",
                 options->mbuf_size,
                 RTE_MAX(2048u, port->info.min_rx_bufsize) + RTE_PKTMBUF_HEADROOM);
}

static int start(struct port *port, const struct options *options, uint32_t largest,
                 struct rte_mempool *pool, struct refusal_text *why)
{
    const char *step = "be configured";
    char advice[160];
    int rc = configure(port, largest);

    if (rc == 0) {
        step = "have its queues";
        rc = set_up_queues(port, options->rxd, pool);
    }
    if (rc == 0) {
        step = "be started";
        rc = rte_eth_dev_start(port->id);
    }
    if (rc != 0) {
        advise(port, options, advice, sizeof(advice));
        snprintf(why->text, sizeof(why->text), "port %s cannot %s: %s%s", port->name, step,
                 rte_strerror(-rc), advice);
        return rc;
    }
    port->started = true;
    port->promiscuous =
        rte_eth_promiscuous_get(port->id) == 0 && rte_eth_promiscuous_enable(port->id) == 0;
    rte_eth_stats_reset(port->id);
    return 0;
}

static int wait_for_link(const struct port *port, struct refusal_text *why)
{
    uint64_t start_ns = lab_os_clock_ns();
    struct rte_eth_link link = {0};

    while (rte_eth_link_get_nowait(port->id, &link) == 0 && link.link_status != RTE_ETH_LINK_UP) {
        if (stop_requested() != STOP_NONE)
            return -EINTR;
        if (lab_os_clock_ns() - start_ns > LINK_NS) {
            snprintf(why->text, sizeof(why->text),
                     "port %s has no link: its other end is not there, or not up", port->name);
            return -ENOLINK;
        }
        usleep(10000);
    }
    return 0;
}

static void close_port(struct port *port)
{
    if (!port->configured)
        return;
    rte_eth_dev_close(port->id);
    port->configured = false;
    port->closed = true;
}

/* A port that was made of an interface: one of AF_XDP becomes one of AF_PACKET where it does not
 * start. The drivers' messages on the way are in `why`, or of no importance. */
static int start_interface(struct port *port, const struct options *options, uint32_t largest,
                           struct rte_mempool *pool, struct refusal_text *why)
{
    uint32_t level = rte_log_get_global_level();
    int rc;

    rte_log_set_global_level(RTE_LOG_EMERG);
    rc = start(port, options, largest, pool, why);
    if (rc != 0 && port_is_af_xdp(port)) {
        close_port(port);
        port->closed = false;
        port->gave_up_xdp = true;
        if (interface_reopen(port->interface, port->name) == 0 && port_look_up(port) == 0)
            rc = start(port, options, largest, pool, why);
    }
    rte_log_set_global_level(level);
    return rc;
}

int ports_start(struct ports *ports, const struct options *options, uint32_t largest,
                struct rte_mempool *pool)
{
    struct refusal_text why = {"no memory to open the ports"};
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < ports->n; i++) {
        if (ports->port[i].closed)
            rc = probe_again(&ports->port[i], &why);
    }
    for (unsigned i = 0; rc == 0 && i < ports->n; i++) {
        struct port *port = &ports->port[i];

        if (port->interface != NULL)
            rc = start_interface(port, options, largest, pool, &why);
        else
            rc = start(port, options, largest, pool, &why);
    }
    for (unsigned i = 0; rc == 0 && i < ports->n; i++)
        rc = wait_for_link(&ports->port[i], &why);
    if (rc == 0)
        return 0;
    ports_stop(ports, pool);
    if (stop_requested() == STOP_NONE)
        complain("%s", why.text);
    return rc;
}

const char *port_loss_name(enum loss loss)
{
    static const char *const names[LOSSES] = {
        [LOST_TX_ERRORS] = "tx_errors",       [LOST_RX_MISSED] = "rx_missed",
        [LOST_RX_NOMBUF] = "rx_nombuf",       [LOST_RX_ERRORS] = "rx_errors",
        [LOST_NOT_RETURNED] = "not_returned",
    };

    return names[loss];
}

void ports_losses(const struct ports *ports, uint64_t lost, uint64_t ret_lost[LOSSES])
{
    uint64_t counted[LOSSES] = {[LOST_NOT_RETURNED] = UINT64_MAX};
    struct rte_eth_stats stats;

    for (unsigned i = 0; i < ports->n; i++) {
        const struct port *port = &ports->port[i];

        if (rte_eth_stats_get(port->id, &stats) != 0)
            continue;
        if (sends(ports, port))
            counted[LOST_TX_ERRORS] += stats.oerrors;
        if (receives(ports, port)) {
            counted[LOST_RX_MISSED] += stats.imissed;
            counted[LOST_RX_NOMBUF] += stats.rx_nombuf;
            counted[LOST_RX_ERRORS] += stats.ierrors;
        }
    }
    /* A counter may count others' packets, too, or a frame that was tried again. */
    for (unsigned i = 0; i < LOSSES; i++) {
        ret_lost[i] = RTE_MIN(lost, counted[i]);
        lost -= ret_lost[i];
    }
}

/* A packet in a ring between two ports belongs to no driver. */
static void drain(const struct port *port)
{
    struct rte_mbuf *packets[32];
    unsigned drained = 0;

    for (uint16_t queue = 0; queue < port->n_rx; queue++) {
        uint16_t n;

        while (drained < DRAIN_PACKETS &&
               (n = rte_eth_rx_burst(port->id, queue, packets, RTE_DIM(packets))) > 0) {
            rte_pktmbuf_free_bulk(packets, n);
            drained += n;
        }
    }
}

static void stop_port(struct port *port)
{
    if (!port->started)
        return;
    drain(port);
    if (port->promiscuous)
        rte_eth_promiscuous_disable(port->id);
    if (rte_eth_dev_stop(port->id) != 0)
        note("port %s does not stop", port->name);
    port->started = false;
}

void ports_stop(struct ports *ports, const struct rte_mempool *pool)
{
    for (unsigned i = ports->n; i-- > 0;)
        stop_port(&ports->port[i]);
    for (unsigned i = ports->n; i-- > 0 && rte_mempool_avail_count(pool) != pool->size;)
        close_port(&ports->port[i]);
}

uint64_t ports_kept(const struct ports *ports, uint64_t missing)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < ports->n; i++) {
        const struct port *port = &ports->port[i];

        if (port->gave_up_xdp || (port->closed && port_is_af_xdp(port)))
            most += (uint64_t)RTE_MAX(port->n_rx, port->n_tx) * 4 * AF_XDP_RING;
    }
    return RTE_MIN(missing, most);
}
