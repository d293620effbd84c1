/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_pool.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_driver.h"

void labyrinth_cache_off(struct rte_mempool *mp)
{
    for (unsigned int i = 0; mp->cache_size > 0 && i < RTE_MAX_LCORE; i++) {
        mp->local_cache[i].size = 0;
        /* DPDK 26.07 does not read it any more; some of the PMDs that reach into the caches do. */
        mp->local_cache[i].flushthresh = 0;
    }
}

void labyrinth_cache_none(struct rte_mempool *mp)
{
    const void *from = rte_mempool_get_priv(mp);

    mp->cache_size = 0;
    memmove(rte_mempool_get_priv(mp), from, mp->private_data_size);
}

uint64_t *labyrinth_cached_objects(const struct rte_mempool *mp, uint64_t *ret_count)
{
    const struct lab_pool *pool = labyrinth_pool_of(mp);
    uint64_t *bits = calloc(pool->count / 64 + 1, sizeof(*bits));

    *ret_count = 0;
    for (unsigned int i = 0; bits != NULL && mp->cache_size > 0 && i < RTE_MAX_LCORE; i++) {
        const struct rte_mempool_cache *cache = &mp->local_cache[i];
        uint32_t len = RTE_MIN(cache->len, (uint32_t)RTE_DIM(cache->objs)), index;

        for (uint32_t k = 0; k < len; k++)
            if (lab_pool_index(pool, cache->objs[k], &index) == 0)
                bits[index / 64] |= UINT64_C(1) << index % 64;
        *ret_count += len;
    }
    return bits;
}
