/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_SLOT_H
#define LABYRINTH_SLOT_H

#include <rte_mempool.h>
#include <stdbool.h>

/* Whether a copy of this driver was loaded before: DPDK loads the installed one also after one that
 * -d names. The first is the one that serves. */
bool labyrinth_slot_is_taken(const char *name);

/* Registers the ops, behind those of all drivers that were loaded before. Where the table is full,
 * they take the place of a driver for processors of another kind. Returns the index, or a negative
 * errno where there is no place. Once, when the plugin is loaded. */
int labyrinth_slot_take(const struct rte_mempool_ops *ops);

#endif
