/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_PORT_H
#define REPLAY_PORT_H

#include "capture/capture.h"
#include "options.h"

#include <rte_ethdev.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The ethdev ports that a capture goes out on and comes back from: found, configured, started,
 * and stopped again. Some drivers keep buffers until they are closed; such a port is opened anew
 * for the next pool. */

struct port {
    char name[RTE_ETH_NAME_MAX_LEN];
    uint16_t id;
    uint16_t n_rx; /* queues */
    uint16_t n_tx;
    struct rte_eth_dev_info info;
    bool configured;
    bool started;
    bool promiscuous; /* we made it so */
    bool closed;      /* the driver has to be probed again */
    bool gave_up_xdp; /* it was one of AF_XDP before, whose driver keeps the buffers that it had */
    const char *interface; /* of the kernel, of which the port was made; NULL: by the EAL's words */
};

struct ports {
    struct port port[2]; /* the second one only where it is another than the first */
    unsigned n;
    struct port *tx;
    struct port *tx2; /* what servers send; NULL: everything goes out on tx */
    struct port *rx;  /* NULL: nothing is received; with tx2, both receive */
};

static inline bool port_is_af_xdp(const struct port *port)
{
    return strcmp(port->info.driver_name, "net_af_xdp") == 0;
}

/* Asks for the number and the facts of the port of this name. 0 or -errno. */
int port_look_up(struct port *port);

/* Where frames were lost that had been sent, as far as the ports count it. */
enum loss {
    LOST_TX_ERRORS,
    LOST_RX_MISSED,
    LOST_RX_NOMBUF,
    LOST_RX_ERRORS,
    LOST_NOT_RETURNED, /* between the ports: no counter knows */
    LOSSES,
};

/* "tx_errors" */
const char *port_loss_name(enum loss loss);

/* These return 0 or -errno, and the reason has been said; -EINVAL where the options are wrong. */

/* Looks for the ports that the options name, and whether they have the queues. */
int ports_find(const struct options *options, struct ports *ret_ports);

/* Starts them with buffers of the pool for frames up to this size; none runs after a failure. */
int ports_start(struct ports *ports, const struct options *options, uint32_t largest,
                struct rte_mempool *pool);

/* Names what has become of `lost` frames since the start. */
void ports_losses(const struct ports *ports, uint64_t lost, uint64_t ret_lost[LOSSES]);

/* Stops them, and closes them unless every buffer of the pool is back by then. */
void ports_stop(struct ports *ports, const struct rte_mempool *pool);

/* How many of `missing` buffers a driver that is closed now has not given back: such are known, and
 * nobody else can have them. */
uint64_t ports_kept(const struct ports *ports, uint64_t missing);

/* Takes out of the capture what is too large or too small for the ports, by named reason. */
void ports_fit(const struct ports *ports, const struct options *options, struct capture *capture);

#endif
