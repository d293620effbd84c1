/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_CACHE_H
#define LABYRINTH_CACHE_H

/* DPDK's own caches of a mempool, one for each lcore, in front of every driver. */

#include <rte_mempool.h>
#include <stdint.h>

/* Makes the caches keep nothing, in all processes. The mempool's cache_size stays what it was: the
 * private area lies behind the caches, and rte_mempool_get_priv() computes its place from that size
 * at each call. So what the program wrote there before stays where everybody looks for it. Before
 * the first get and put of the mempool. Reasons: doc/adr/0015. */
void labyrinth_cache_off(struct rte_mempool *mp);

/* The objects that a cache is refilled to: 0 when there are none, or labyrinth_cache_off(). */
uint32_t labyrinth_cache_size(const struct rte_mempool *mp);

/* What the caches have, as a bit for each object, which the caller frees; NULL where memory is
 * short. *ret_count: how many. A cache changes while it is read: each object was in there at some
 * moment. */
uint64_t *labyrinth_cached_objects(const struct rte_mempool *mp, uint64_t *ret_count);

#endif
