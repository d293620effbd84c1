/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How a process finds a pool that another one made. */

#include <lab_pool_barrier.h>

/* Whether a region holds a pool of this library that is ready. */
static int check_attached(const struct lab_region *region, const char *name,
                          struct lab_error *error)
{
    const struct lab_pool *pool = region->address;

    if (region->bytes >= sizeof(*pool) && lab_load_acquire(&pool->whole) == 0) /* P2 */
        return lab_error_set(error, -EAGAIN, "pool %s is being made by another process: try again",
                             name);
    if (region->bytes < sizeof(*pool) || pool->magic != LAB_POOL_MAGIC ||
        pool->shape != LAB_POOL_SHAPE)
        return lab_error_set(error, -EPROTO,
                             "%s is no pool, or one of another version of this library: give all "
                             "processes the same",
                             name);
    return 0;
}

int lab_pool_attach(const char *name, struct lab_pool **ret_pool, struct lab_error *error)
{
    struct lab_region region;
    struct lab_pool *pool;
    int rc = lab_region_attach(name, &region, error);

    if (rc != 0)
        return rc;
    rc = check_attached(&region, name, error);
    if (rc != 0) {
        (void)lab_region_destroy(&region);
        return rc;
    }
    pool = region.address;
    lab_pool_note_company(pool);
    if (pool->audit != NULL)
        (void)lab_audit_enter(pool->audit);
    *ret_pool = pool;
    return 0;
}
