/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdbool.h>

/* Mempool drivers that are there to be compared with, and in no DPDK: "scq" and "vpp". */

/* Registers the driver of this name, if it is one of these and is not registered yet; after the EAL
 * has loaded its own, so that none of those finds no room. */
void peers_register(const char *name);

#endif
