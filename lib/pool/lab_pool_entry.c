/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Where calls come in that the hot paths do not serve: those that somebody looks at, and the rest.
 */

#include <lab_pool_look.h>
#include <lab_pool_slow.h>
#include <lab_pool_trust.h>

/* Gets for which the hot path is closed. */
static int get_watched(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                       unsigned n, struct lab_audit_site site)
{
    int rc = pool->audit != NULL ? lab_pool_get_audited(pool, slot, gfp, ret_things, n, site)
                                 : lab_pool_take(pool, slot, gfp, ret_things, n);

    if (rc == 0 && pool->domain != NULL)
        lab_pool_cleanse(pool, slot, ret_things, n);
    return rc;
}

LAB_NOINLINE int lab_pool_get_slow_from(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                        void **ret_things, unsigned n, struct lab_audit_site site)
{
    uint32_t slot = lab_pool_slot(lcore);

    if (slot > pool->lcores)
        return -EINVAL;
    if (lab_load_acquire(&pool->hot) == 0) /* H1 */
        return get_watched(pool, slot, gfp, ret_things, n, site);
    return lab_pool_take_slow(pool, slot, gfp, ret_things, n);
}

static int put_watched(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                       size_t used_bytes, struct lab_audit_site site)
{
    if (lab_unlikely(lab_load_relaxed(&pool->strangers) != LAB_POOL_CLOSED))
        lab_pool_adopt_strangers(pool, things, n);
    if (pool->domain != NULL)
        lab_pool_leave_trail(pool, slot, things, n, used_bytes);
    if (pool->audit == NULL) {
        lab_pool_give(pool, slot, things, n);
        return 0;
    }
    if (n == 1 && lab_pool_put_plain(pool, slot, things, site))
        return 0;
    return lab_pool_put_audited(pool, slot, things, n, site);
}

static int put_from(struct lab_pool *pool, uint32_t lcore, void *const *things, unsigned n,
                    size_t used_bytes, struct lab_audit_site site)
{
    uint32_t slot = lab_pool_slot(lcore);

    if (slot > pool->lcores)
        return -EINVAL;
    if (lab_pool_awaited(lab_load_relaxed(&pool->slow_puts)) != 0)
        return put_watched(pool, slot, things, n, used_bytes, site);
    if (pool->hot_puts == 0)
        lab_pool_give(pool, slot, things, n);
    else
        lab_pool_give_slow(pool, slot, things, n);
    return 0;
}

LAB_NOINLINE int lab_pool_put_slow_from(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                        unsigned n, struct lab_audit_site site)
{
    return put_from(pool, lcore, things, n, SIZE_MAX, site);
}

LAB_NOINLINE int lab_pool_get_slow(struct lab_pool *pool, uint32_t lcore, unsigned gfp,
                                   void **ret_things, unsigned n)
{
    struct lab_audit_site here = {__builtin_return_address(0), NULL};

    return lab_pool_get_slow_from(pool, lcore, gfp, ret_things, n, here);
}

LAB_NOINLINE int lab_pool_put_slow(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                   unsigned n)
{
    struct lab_audit_site here = {__builtin_return_address(0), NULL};

    return put_from(pool, lcore, things, n, SIZE_MAX, here);
}

LAB_NOINLINE int lab_pool_put_used_slow(struct lab_pool *pool, uint32_t lcore, void *const *things,
                                        unsigned n, size_t used_bytes)
{
    struct lab_audit_site here = {__builtin_return_address(0), NULL};

    return put_from(pool, lcore, things, n, used_bytes, here);
}
