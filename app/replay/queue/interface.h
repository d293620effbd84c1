/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_INTERFACE_H
#define REPLAY_INTERFACE_H

#include <rte_ethdev.h>
#include <stdbool.h>

/* Interfaces of the kernel as ethdev ports, made when they are named: without EAL options.
 *
 * AF_XDP takes what an interface receives away from the kernel, so it is for interfaces that the
 * kernel itself does not use: those without an address (but IPv6's own of the link), and without a
 * bridge or the like above them. The others, and where AF_XDP does not start, have AF_PACKET. */

/* Whether the kernel has an interface of this name. */
bool interface_is_there(const char *interface);

/* Makes a port of it and writes the port's name: of AF_XDP if `with_xdp`, and it can be had. 0 or
 * -errno, and the reason has been said; -EINVAL where there is no such interface, or it is down. */
int interface_open(const char *interface, bool with_xdp, char ret_port[RTE_ETH_NAME_MAX_LEN]);

/* Puts a port of AF_PACKET in the place of one of AF_XDP that did not start. The same results. */
int interface_reopen(const char *interface, char port[RTE_ETH_NAME_MAX_LEN]);

#endif
