/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_cache.h"

#include <rte_common.h>
#include <string.h>

#define CACHE_BYTES sizeof(struct rte_mempool_cache)

/* A block may be so much longer: what is left of a larger one is too little for another. */
#define SPARE_BYTES ((size_t)4 * RTE_CACHE_LINE_SIZE)

bool where_cache_make(struct where_caches *ret_caches)
{
    ret_caches->n = 0;
    ret_caches->at = where_memory_get(WHERE_CACHES_MAX * sizeof(*ret_caches->at));
    return ret_caches->at != NULL;
}

void where_cache_free(struct where_caches *caches)
{
    where_memory_put(caches->at);
    *caches = (struct where_caches){.at = NULL};
}

/* Whether a cache can begin so: DPDK flushes one at one and a half times its size. */
static bool read_cache(uintptr_t at, struct rte_mempool_cache *ret_cache)
{
    return where_memory_read(at, ret_cache, CACHE_BYTES) == CACHE_BYTES && ret_cache->size > 0 &&
           ret_cache->size <= RTE_MEMPOOL_CACHE_MAX_SIZE &&
           ret_cache->flushthresh == ret_cache->size * 3 / 2 &&
           ret_cache->len <= RTE_DIM(ret_cache->objs);
}

static bool holds_objects(const struct rte_mempool_cache *cache, const struct where_set *set)
{
    for (uint32_t i = 0; i < cache->len; i++)
        if (where_set_find_start(set, (uintptr_t)cache->objs[i]) == WHERE_NO_OBJECT)
            return false;
    return cache->len > 0;
}

static bool is_known(const struct where_caches *caches, uintptr_t at)
{
    for (unsigned i = 0; i < caches->n; i++)
        if (caches->at[i] == at)
            return true;
    return false;
}

/* A block that begins there, and is as long as a cache's. */
static bool has_block(const struct where_map *map, uintptr_t at)
{
    const struct where_range *block = where_map_block(map, at);

    return block != NULL && block->start == at && block->end - at >= CACHE_BYTES &&
           block->end - at < CACHE_BYTES + SPARE_BYTES;
}

static void forget_gone(struct where_caches *caches, const struct where_map *map)
{
    struct rte_mempool_cache cache;
    unsigned kept = 0;

    for (unsigned i = 0; i < caches->n; i++)
        if (has_block(map, caches->at[i]) && read_cache(caches->at[i], &cache))
            caches->at[kept++] = caches->at[i];
    caches->n = kept;
}

void where_cache_find(struct where_caches *caches, const struct where_pool *pool,
                      struct where_map *map)
{
    struct rte_mempool_cache cache;

    forget_gone(caches, map);
    for (size_t i = 0; i < map->blocks && caches->n < WHERE_CACHES_MAX; i++) {
        uintptr_t at = map->block[i].start;

        if (has_block(map, at) && !is_known(caches, at) && read_cache(at, &cache) &&
            holds_objects(&cache, &pool->set))
            caches->at[caches->n++] = at;
    }
    for (unsigned i = 0; i < caches->n; i++)
        where_map_skip(map, (struct where_range){caches->at[i], caches->at[i] + CACHE_BYTES});
}

void where_cache_each(const struct where_caches *caches,
                      void (*visit)(void *context, uintptr_t object), void *context)
{
    struct rte_mempool_cache cache;

    for (unsigned i = 0; i < caches->n; i++) {
        if (!read_cache(caches->at[i], &cache))
            continue;
        for (uint32_t k = 0; k < cache.len; k++)
            visit(context, (uintptr_t)cache.objs[k]);
    }
}
