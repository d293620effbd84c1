/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Calls that the hot paths do not serve. Each asks whether it is intercepted: by an
 * audit, by trust domains, or by a pool that still adopts objects. */

#include <errno.h>
#include <lab_audit.h>
#include <lab_audit_context.h>
#include <lab_audit_report.h>
#include <lab_scrub.h>

/* Reports the object that the core dropped because it is of no pool, if there is one. */
static LAB_COLD void report_foreign(struct lab_pool *pool)
{
    uint64_t object = lab_load_relaxed(&pool->foreign);
    struct lab_audit_entry entry = {.fault = LAB_AUDIT_FOREIGN_FREE,
                                    .pool = pool->name,
                                    .object = (const void *)(uintptr_t)object,
                                    .index = UINT32_MAX,
                                    .count = 1};

    if (object != 0 && lab_cas_relaxed(&pool->foreign, &object, 0))
        lab_audit_raise(&entry);
}

/* The core may have dropped an object in any slow call. */
LAB_INLINE void look_for_foreign(struct lab_pool *pool)
{
    if (lab_unlikely(lab_load_relaxed(&pool->foreign) != 0))
        report_foreign(pool);
}

/* Gets for which the hot path is closed. */
static int get_intercepted(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                           void **ret_objects, unsigned n, struct lab_audit_site site)
{
    const struct lab_intercept *intercept = lab_intercept_of(pool);
    int rc = intercept->audit != NULL ? lab_audit_get(pool, lcore_index, gfp, ret_objects, n, site)
                                      : lab_pool_core_get(pool, lcore_index, gfp, ret_objects, n);

    if (rc == 0 && intercept->domain != NULL)
        lab_scrub(pool, lcore_index, ret_objects, n);
    return rc;
}

LAB_NOINLINE int lab_pool_get_slow_from(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                        void **ret_objects, unsigned n, struct lab_audit_site site)
{
    uint32_t lcore_index = lab_pool_lcore_index(lcore);
    int rc;

    if (lcore_index > pool->lcores)
        return -EINVAL;
    if (lab_load_acquire(&pool->hot) == 0) /* H1: or its next put is judged by the level before */
        rc = get_intercepted(pool, lcore_index, gfp, ret_objects, n, site);
    else
        rc = lab_pool_core_get_slow(pool, lcore_index, gfp, ret_objects, n);
    look_for_foreign(pool);
    return rc == 0 ? 0 : lab_pool_fail(pool, lcore_index);
}

static int put_intercepted(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                           unsigned n, size_t used_bytes, struct lab_audit_site site)
{
    const struct lab_intercept *intercept = lab_intercept_of(pool);

    if (lab_unlikely(lab_load_relaxed(&pool->strangers) != LAB_POOL_CLOSED))
        lab_pool_adopt_strangers(pool, objects, n);
    if (intercept->domain != NULL)
        lab_scrub_leave_residue(pool, lcore_index, objects, n, used_bytes);
    if (intercept->audit == NULL) {
        lab_pool_core_put(pool, lcore_index, objects, n);
        return 0;
    }
    if (n == 1 && lab_audit_put_one_plain(pool, lcore_index, objects, site))
        return 0;
    return lab_audit_put_bulk(pool, lcore_index, objects, n, site);
}

static int put_from(struct lab_pool *pool, uint32_t lcore, void *const *objects, unsigned n,
                    size_t used_bytes, struct lab_audit_site site)
{
    uint32_t lcore_index = lab_pool_lcore_index(lcore);
    int rc = 0;

    if (lcore_index > pool->lcores)
        return -EINVAL;
    if (lab_load_relaxed(&pool->state.intercepted) != 0)
        rc = put_intercepted(pool, lcore_index, objects, n, used_bytes, site);
    else if (pool->hot_puts == 0)
        lab_pool_core_put(pool, lcore_index, objects, n);
    else
        lab_pool_core_put_slow(pool, lcore_index, objects, n);
    look_for_foreign(pool);
    return rc;
}

LAB_NOINLINE int lab_pool_put_slow_from(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                        unsigned n, struct lab_audit_site site)
{
    return put_from(pool, lcore, objects, n, SIZE_MAX, site);
}

LAB_NOINLINE int lab_pool_get_slow(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                   void **ret_objects, unsigned n)
{
    struct lab_audit_site here = {__builtin_return_address(0), NULL};

    return lab_pool_get_slow_from(pool, lcore, gfp, ret_objects, n, here);
}

LAB_NOINLINE int lab_pool_put_slow(struct lab_pool *pool, uint32_t lcore, void *const *objects,
                                   unsigned n, size_t used_bytes)
{
    struct lab_audit_site here = {__builtin_return_address(0), NULL};

    return put_from(pool, lcore, objects, n, used_bytes, here);
}
