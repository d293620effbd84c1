/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How a process finds a pool that another one made. */

#include <lab_pool.h>

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

/* Before this process touches the pool: whoever revokes a tip must be able to strike it. */
static int join(const struct lab_pool *pool, struct lab_error *error)
{
    enum lab_barrier barrier;

    if (lab_barrier_register(LAB_BARRIER_SHARED, &barrier) == 0 &&
        (barrier == LAB_BARRIER_SHARED || pool->barrier == LAB_BARRIER_FENCE))
        return 0;
    return lab_error_set(error, -EPERM,
                         "pool %s counts on membarrier(2), which this process may not call: set "
                         "LABYRINTH_BARRIER=fence where the pool is made",
                         pool->name);
}

int lab_pool_attach(const char *name, struct lab_pool **ret_pool, struct lab_error *error)
{
    struct lab_region region;
    int rc = lab_region_attach(name, &region, error);

    if (rc != 0)
        return rc;
    rc = check_attached(&region, name, error);
    if (rc == 0)
        rc = join(region.address, error);
    if (rc != 0) {
        (void)lab_region_destroy(&region);
        return rc;
    }
    if (((struct lab_pool *)region.address)->audit != NULL)
        lab_audit_enter(((struct lab_pool *)region.address)->audit);
    *ret_pool = region.address;
    return 0;
}
