/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_CACHE_H
#define WHERE_CACHE_H

/* Caches that programs make for themselves (rte_mempool_cache_create()). DPDK has no list of them:
 * a block of rte_malloc() is one of the pool's when it has a cache's size, begins as one, and all
 * that it counts are objects of the pool, one at least. Once found it stays one, also when it is
 * empty, as long as it begins as one. */

#include "where_map.h"
#include "where_pool.h"

#define WHERE_CACHES_MAX 1024u

struct where_caches {
    uintptr_t *at;
    unsigned n;
};

bool where_cache_make(struct where_caches *ret_caches);
void where_cache_free(struct where_caches *caches);

/* Forgets those that are gone, adds new ones, and leaves all of them out of a walk. */
void where_cache_find(struct where_caches *caches, const struct where_pool *pool,
                      struct where_map *map);

/* Shows what lies in them up to their lengths. */
void where_cache_each(const struct where_caches *caches,
                      void (*visit)(void *context, uintptr_t object), void *context);

#endif
