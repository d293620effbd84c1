/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How a process finds a pool that another one made. */

#include <lab_pool_barrier.h>
#include <lab_pool_layout.h>
#include <string.h>

/* Copies the seed, if a region holds a pool of this library that is ready. */
static int copy_seed(const struct lab_region *region, const char *name,
                     struct lab_pool_seed *ret_seed, struct lab_error *error)
{
    const struct lab_pool_seed *seed = lab_pool_seed_of(region);
    bool fits = region->bytes >= sizeof(struct lab_pool) + sizeof(*seed);

    if (fits && lab_load_acquire(&seed->whole) == 0) /* P2 */
        return lab_error_set(error, -EAGAIN, "pool %s is being made by another process: try again",
                             name);
    if (fits)
        *ret_seed = *seed;
    if (!fits || ret_seed->magic != LAB_POOL_MAGIC || ret_seed->shape != LAB_POOL_SHAPE)
        return lab_error_set(error, -EPROTO,
                             "%s is no pool, or one of another version of this library: give all "
                             "processes the same",
                             name);
    return 0;
}

/* A byte that any process may have written is no bool before it is 0 or 1. */
static void settle_bool(bool *flag)
{
    uint8_t byte;

    memcpy(&byte, flag, sizeof(byte));
    *flag = byte != 0;
}

static void settle_bools(struct lab_pool_seed *seed)
{
    settle_bool(&seed->has_domains);
    settle_bool(&seed->options.takes_strangers);
    settle_bool(&seed->options.audit.records);
    settle_bool(&seed->options.audit.stated);
    settle_bool(&seed->options.audit.poison);
}

/* Makes of it what the maker was given, and works out where everything lies. What makes no sense,
 * or does not fit the region, some process has damaged. */
static int plan(struct lab_pool_seed *seed, const struct lab_region *region,
                struct lab_pool_layout *ret_layout, const char *name, struct lab_error *error)
{
    static const uint8_t some_domain;
    struct lab_pool_options *options = &seed->options;

    settle_bools(seed);
    seed->name[LAB_POOL_NAME_SIZE - 1] = '\0';
    options->name = seed->name;
    options->domain = seed->has_domains ? &some_domain : NULL;
    options->arena = NULL;
    options->shared = true;
    if (options->buffer_bytes == 0 || (unsigned)seed->barrier > LAB_BARRIER_SHARED ||
        lab_pool_plan(options, ret_layout, NULL) != 0 ||
        lab_pool_bytes(options, ret_layout) > LAB_POOL_FRONT + region->bytes)
        return lab_error_set(error, -EPROTO,
                             "%s is damaged: its options make no sense. Some process has written "
                             "where it should not: end all that have it",
                             name);
    return 0;
}

/* Fills in this process's own page, and closes it. */
static int adopt(const struct lab_pool_seed *seed, struct lab_region *region,
                 const struct lab_pool_layout *layout, struct lab_pool **ret_pool,
                 struct lab_error *error)
{
    struct lab_pool *pool;
    int rc = lab_region_front(region, error);

    if (rc != 0)
        return rc;
    pool = (void *)((char *)region->address - LAB_POOL_FRONT);
    lab_pool_set_constants(pool, &seed->options, layout, seed->barrier);
    lab_pool_set_buffers(pool, lab_pool_buffers_at(&seed->options, layout));
    pool->hot_puts = 0;
    pool->maker = seed->maker;
    pool->records.first_ticks = seed->first_ticks;
    pool->records.first_ns = seed->first_ns;
    pool->region = *region;
    rc = lab_region_freeze_front(region);
    if (rc != 0)
        return lab_error_set(error, rc, "%s: the page of this process cannot be made read-only: %s",
                             pool->name, strerror(-rc));
    *ret_pool = pool;
    return 0;
}

int lab_pool_attach(const char *name, struct lab_pool **ret_pool, struct lab_error *error)
{
    struct lab_pool_layout layout;
    struct lab_pool_seed seed;
    struct lab_region region;
    struct lab_pool *pool = NULL;
    int rc = lab_region_attach(name, &region, error);

    if (rc != 0)
        return rc;
    rc = copy_seed(&region, name, &seed, error);
    if (rc == 0)
        rc = plan(&seed, &region, &layout, name, error);
    if (rc == 0)
        rc = adopt(&seed, &region, &layout, &pool, error);
    if (rc != 0) {
        (void)lab_region_destroy(&region);
        return rc;
    }
    lab_pool_note_company(pool);
    if (pool->audit != NULL)
        (void)lab_audit_enter(pool->audit);
    *ret_pool = pool;
    return 0;
}
