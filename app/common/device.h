/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_DEVICE_H
#define COMMON_DEVICE_H

#include "option.h"

#include <stdbool.h>
#include <stddef.h>

/* The names that a person needs for DPDK's devices, where DPDK itself says a number or nothing. */

/* Whether the EAL's options speak of devices alone: then the rest is ours to choose. */
bool device_words_only(const struct eal_words *user);

/* Says which of the --vdev options cannot work, and why: the driver is not installed (and which
 * Debian package has it), there is no such interface, a privilege is missing. False when none of
 * that is so. */
bool device_complain(const struct eal_words *user);

/* ": it needs CAP_NET_RAW..." when this process lacks what a port's driver needs; otherwise "". */
void device_lacking(const char *driver, char *text, size_t capacity);

/* The kernel's limit for an interface, without the Ethernet header; 0: unknown. */
unsigned device_interface_mtu(unsigned if_index);

#endif
