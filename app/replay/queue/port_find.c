/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The ports that the options name. */

#include "device.h"
#include "message.h"
#include "queue/interface.h"
#include "queue/port.h"
#include "suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int port_look_up(struct port *port)
{
    int rc = rte_eth_dev_get_port_by_name(port->name, &port->id);

    return rc != 0 ? rc : rte_eth_dev_info_get(port->id, &port->info);
}

/* An interface of the kernel. A port of AF_XDP can be opened once, so it is for one run alone. */
static int find_interface(const struct options *options, const char *interface,
                          struct port *ret_port)
{
    struct port port = {.interface = interface};
    int rc = interface_open(interface, options->n_pools * options->repeat == 1, port.name);

    if (rc == 0 && port_look_up(&port) != 0) {
        complain("port %s does not say what it is", port.name);
        rc = -EIO;
    }
    if (rc == 0)
        *ret_port = port;
    return rc;
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
    else if (rte_eth_dev_get_port_by_name(text, &port.id) == 0)
        ; /* one that the EAL has made */
    else if (options->intf1 != NULL)
        return find_interface(options, text, ret_port);
    else
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
static struct port *add_second(struct ports *ports, const struct port *second)
{
    unsigned at = second->id < ports->port[0].id ? 0 : 1;

    ports->port[1] = ports->port[0];
    ports->port[at] = *second;
    ports->tx = ports->rx = &ports->port[1 - at];
    ports->n = 2;
    return &ports->port[at];
}

/* Two ports that both send, and both receive or neither. */
static int find_two(const struct options *options, struct ports *ports)
{
    struct port second;
    int rc = find(options, "port2", options->port2, &second);

    if (rc != 0)
        return rc;
    if (second.id == ports->tx->id) {
        complain("%s is the first port: the second must be another", options->port2);
        return -EINVAL;
    }
    ports->tx2 = add_second(ports, &second);
    if (options->rx_port != NULL && strcmp(options->rx_port, "none") == 0)
        ports->rx = NULL;
    return 0;
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
    if (options->port2 != NULL)
        return find_two(options, ports);
    if (strcmp(rx, "none") == 0) {
        ports->rx = NULL;
        return 0;
    }
    rc = find(options, option, rx, &port);
    if (rc == 0 && port.id != ports->tx->id)
        ports->rx = add_second(ports, &port);
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

        if (options->n_pools > 1 && port_is_af_xdp(port)) {
            complain("port %s can be opened once by a process: one --pool at a time", port->name);
            return -EINVAL;
        }
        /* A queue that is not needed still is one that some drivers cannot do without. */
        port->n_tx = port == ports->tx ? (uint16_t)options->rxq : 1; /* two ports that send: 1 */
        port->n_rx = port == ports->rx ? (uint16_t)options->rxq : 1;
    }
    return 0;
}
