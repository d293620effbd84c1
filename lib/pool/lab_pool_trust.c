/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_pool_trust.h>

void lab_pool_cleanse(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n)
{
    unsigned domain = pool->domain[slot];
    uint32_t index;

    for (unsigned i = 0; i < n; i++) {
        uint64_t trail;
        uint32_t foreign;

        if (lab_pool_index(pool, things[i], &index) != 0)
            continue; /* what somebody has put that is none */
        trail = lab_load_relaxed(&pool->trail[index]);
        foreign = lab_pool_trail_foreign(trail, domain);
        if (foreign > pool->buffer_bytes)
            foreign = pool->buffer_bytes;
        /* Through the caches: this is where the caller will write next. */
        memset(things[i], 0, foreign);
        lab_store_relaxed(&pool->trail[index], lab_pool_trail_got(trail, domain));
    }
}

/* What the audit writes into free buffers reaches as far as its options say. */
static uint32_t dirtied(const struct lab_pool *pool, size_t used_bytes)
{
    bool poisoned = pool->audit != NULL && pool->audit->poison_bytes != 0;

    return poisoned || used_bytes > pool->buffer_bytes ? pool->buffer_bytes : (uint32_t)used_bytes;
}

void lab_pool_leave_trail(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                          size_t used_bytes)
{
    unsigned domain = pool->domain[slot];
    uint32_t used = dirtied(pool, used_bytes), index;

    for (unsigned i = 0; i < n; i++) {
        lab_atomic_t *trail;

        if (lab_pool_index(pool, things[i], &index) != 0)
            continue;
        trail = &pool->trail[index];
        lab_store_relaxed(trail, lab_pool_trail_put(lab_load_relaxed(trail), domain, used));
    }
}

void lab_pool_distrust_all(struct lab_pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++)
        lab_store_relaxed(&pool->trail[i], pool->buffer_bytes);
}
