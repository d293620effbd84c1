/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_POOLS_H
#define REPLAY_POOLS_H

#include "options.h"

#include <rte_mempool.h>

/* Mempools by the name of their driver. What is wrong is said, with what mends it. */

/* Whether a driver of this name is registered. */
bool pools_know(const char *driver);

/* The pool, or NULL. */
struct rte_mempool *pools_create(const struct options *options, const char *driver,
                                 unsigned n_mbufs);

#endif
