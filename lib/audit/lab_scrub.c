/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_scrub.h>

void lab_scrub(struct lab_pool *pool, uint32_t lcore_index, void *const *objects, unsigned n)
{
    const struct lab_intercept *intercept = lab_intercept_of(pool);
    unsigned domain = intercept->domain[lcore_index];
    uint32_t index;

    for (unsigned i = 0; i < n; i++) {
        uint64_t residue;
        uint32_t foreign;

        if (lab_pool_index(pool, objects[i], &index) != 0)
            continue; /* what somebody has put that is none */
        residue = lab_load_relaxed(&intercept->residue[index]);
        foreign = lab_residue_foreign(residue, domain);
        if (foreign > pool->buffer_bytes)
            foreign = pool->buffer_bytes;
        /* Through the caches: this is where the caller will write next. */
        memset(objects[i], 0, foreign);
        lab_store_relaxed(&intercept->residue[index], lab_residue_got(residue, domain));
    }
}

/* The audit writes into free buffers as far as its options say. */
static uint32_t dirtied(const struct lab_pool *pool, size_t used_bytes)
{
    const struct lab_audit *audit = lab_audit_of(pool);
    bool poisoned = audit != NULL && audit->poison_bytes != 0;

    return poisoned || used_bytes > pool->buffer_bytes ? pool->buffer_bytes : (uint32_t)used_bytes;
}

void lab_scrub_leave_residue(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                             unsigned n, size_t used_bytes)
{
    const struct lab_intercept *intercept = lab_intercept_of(pool);
    unsigned domain = intercept->domain[lcore_index];
    uint32_t used = dirtied(pool, used_bytes), index;

    for (unsigned i = 0; i < n; i++) {
        lab_atomic_t *residue;

        if (lab_pool_index(pool, objects[i], &index) != 0)
            continue;
        residue = &intercept->residue[index];
        lab_store_relaxed(residue, lab_residue_put(lab_load_relaxed(residue), domain, used));
    }
}

void lab_scrub_taint_all(struct lab_pool *pool)
{
    const struct lab_intercept *intercept = lab_intercept_of(pool);

    for (uint32_t i = 0; i < pool->count; i++)
        lab_store_relaxed(&intercept->residue[i], pool->buffer_bytes);
}
