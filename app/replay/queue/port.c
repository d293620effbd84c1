/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/port.h"

#include "capture/flow.h"
#include "device.h"
#include "message.h"
#include "stop.h"
#include "suggest.h"

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

static bool is_af_xdp(const struct port *port)
{
    return strcmp(port->info.driver_name, "net_af_xdp") == 0;
}

static int complain_unknown(const char *option, const char *text, const struct eal_words *devices)
{
    const char *names[RTE_MAX_ETHPORTS], *nearest;
    char buffer[RTE_MAX_ETHPORTS][RTE_ETH_NAME_MAX_LEN];
    char list[RTE_MAX_ETHPORTS * 8] = "";
    size_t length = 0, n = 0;
    uint16_t id;

    RTE_ETH_FOREACH_DEV(id)
    {
        if (rte_eth_dev_get_name_by_port(id, buffer[n]) != 0)
            continue;
        if (length < sizeof(list))
            length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%u %s",
                                       n == 0 ? "" : ", ", id, buffer[n]);
        names[n] = buffer[n];
        n++;
    }
    nearest = suggest(text, names, n);
    /* The EAL goes on without a device that it could not make. */
    if (device_complain(devices))
        return -ENODEV;
    if (n == 0)
        complain("--%s=%s: there is no port: have one before \"--\", as --vdev=net_ring0, or "
                 "-a 0000:01:00.0 for a NIC that is bound to vfio-pci",
                 option, text);
    else if (nearest != NULL && strcmp(nearest, text) != 0)
        complain("--%s=%s: no such port: did you mean %s? (there is: %s)", option, text, nearest,
                 list);
    else
        complain("--%s=%s: no such port (there is: %s)", option, text, list);
    return -EINVAL;
}

static int find(const struct options *options, const char *option, const char *text,
                struct port *ret_port)
{
    struct port port = {0};
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (*end == '\0' && end != text && number < RTE_MAX_ETHPORTS &&
        rte_eth_dev_is_valid_port((uint16_t)number))
        port.id = (uint16_t)number;
    else if (rte_eth_dev_get_port_by_name(text, &port.id) != 0)
        return complain_unknown(option, text, &options->eal);
    if (rte_eth_dev_get_name_by_port(port.id, port.name) != 0 ||
        rte_eth_dev_info_get(port.id, &port.info) != 0) {
        complain("--%s=%s: the port does not say what it is", option, text);
        return -EIO;
    }
    *ret_port = port;
    return 0;
}

static int too_few(const struct port *port, const char *kind, unsigned has, unsigned rxq)
{
    complain("--rxq=%u: port %s has %u %s queue%s, and each lcore needs one of its own: --rxq=%u, "
             "or more queues among the port's own arguments",
             rxq, port->name, has, kind, has == 1 ? "" : "s", has == 0 ? 1 : has);
    return -EINVAL;
}

/* In the order in which they were probed: the later may stand on the earlier, as AF_PACKET on a
 * TAP. */
static void add_second(struct ports *ports, const struct port *rx)
{
    unsigned at = rx->id < ports->port[0].id ? 0 : 1;

    ports->port[1] = ports->port[0];
    ports->port[at] = *rx;
    ports->rx = &ports->port[at];
    ports->tx = &ports->port[1 - at];
    ports->n = 2;
}

static int find_both(const struct options *options, struct ports *ports)
{
    const char *option = options->rx_port != NULL ? "rx-port" : "port";
    const char *rx = options->rx_port != NULL ? options->rx_port : options->port;
    struct port port;
    int rc = find(options, "port", options->port, &ports->port[0]);

    if (rc != 0)
        return rc;
    ports->n = 1;
    ports->tx = ports->rx = &ports->port[0];
    if (strcmp(rx, "none") == 0) {
        ports->rx = NULL;
        return 0;
    }
    rc = find(options, option, rx, &port);
    if (rc == 0 && port.id != ports->tx->id)
        add_second(ports, &port);
    return rc;
}

int ports_find(const struct options *options, struct ports *ret_ports)
{
    struct ports *ports = ret_ports;
    int rc = find_both(options, ports);

    if (rc != 0)
        return rc;
    if (ports->tx->info.max_tx_queues < options->rxq)
        return too_few(ports->tx, "transmit", ports->tx->info.max_tx_queues, options->rxq);
    if (ports->rx != NULL && ports->rx->info.max_rx_queues < options->rxq)
        return too_few(ports->rx, "receive", ports->rx->info.max_rx_queues, options->rxq);
    for (unsigned i = 0; i < ports->n; i++) {
        struct port *port = &ports->port[i];

        if (options->n_pools > 1 && is_af_xdp(port)) {
            complain("port %s can be opened once by a process: one --pool at a time", port->name);
            return -EINVAL;
        }
        /* A queue that is not needed still is one that some drivers cannot do without. */
        port->n_tx = port == ports->tx ? (uint16_t)options->rxq : 1;
        port->n_rx = port == ports->rx ? (uint16_t)options->rxq : 1;
    }
    return 0;
}

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
    return offload_chains != 0 ? limit : RTE_MIN(limit, room);
}

void ports_fit(const struct ports *ports, const struct options *options, struct capture *capture)
{
    uint32_t room = options->mbuf_size - RTE_PKTMBUF_HEADROOM, limit, largest = 0;
    size_t n = 0;

    limit = port_limit(ports->tx, ports->tx->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
                       room);
    if (ports->rx != NULL)
        limit = RTE_MIN(
            limit, port_limit(ports->rx,
                              ports->rx->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER, room));
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
             capture->refused[REFUSED_LARGER_THAN_PORT], ports->tx->name,
             ports->n == 2 ? " with " : "", ports->n == 2 ? ports->rx->name : "", limit);
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
    if (rc != 0 || rte_eth_dev_get_port_by_name(port->name, &port->id) != 0 ||
        rte_eth_dev_info_get(port->id, &port->info) != 0) {
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

int ports_start(struct ports *ports, const struct options *options, uint32_t largest,
                struct rte_mempool *pool)
{
    struct refusal_text why = {"no memory to open the ports"};
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < ports->n; i++) {
        if (ports->port[i].closed)
            rc = probe_again(&ports->port[i], &why);
    }
    for (unsigned i = 0; rc == 0 && i < ports->n; i++)
        rc = start(&ports->port[i], options, largest, pool, &why);
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

    if (rte_eth_stats_get(ports->tx->id, &stats) == 0)
        counted[LOST_TX_ERRORS] = stats.oerrors;
    if (ports->rx != NULL && rte_eth_stats_get(ports->rx->id, &stats) == 0) {
        counted[LOST_RX_MISSED] = stats.imissed;
        counted[LOST_RX_NOMBUF] = stats.rx_nombuf;
        counted[LOST_RX_ERRORS] = stats.ierrors;
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

static void close_port(struct port *port)
{
    if (!port->configured)
        return;
    rte_eth_dev_close(port->id);
    port->configured = false;
    port->closed = true;
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

        if (port->closed && is_af_xdp(port))
            most += (uint64_t)RTE_MAX(port->n_rx, port->n_tx) * 4 * AF_XDP_RING;
    }
    return RTE_MIN(missing, most);
}
