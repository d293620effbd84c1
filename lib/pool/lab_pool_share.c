/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How several processes use one pool: how they find it, and what it changes. */

#include <lab_pool_core.h>
#include <lab_pool_layout.h>
#include <lab_region_front.h>
#include <string.h>

/* Hot paths trust what a deque says of its slots, which other processes may write to. */
static void announce(struct lab_pool *pool)
{
    lab_deque_set_announce_any(&pool->set);
    if (pool->region.front != 0)
        lab_store_relaxed(&pool->hot, 0);
}

int lab_pool_announce(struct lab_pool *pool)
{
    if (pool->set.barrier == LAB_BARRIER_PRIVATE)
        return -EINVAL;
    announce(pool);
    return 0;
}

/* A byte that any process may have written is no bool before it is 0 or 1. */
static void settle_bool(bool *flag)
{
    uint8_t byte;

    memcpy(&byte, flag, sizeof(byte));
    *flag = byte != 0;
}

int lab_pool_copy_seed(const struct lab_region *region, const char *name,
                       struct lab_pool_seed *ret_seed, struct lab_error *error)
{
    static const uint8_t some_domain;
    const struct lab_pool_seed *seed = lab_pool_seed_of(region);
    struct lab_pool_options *options = &ret_seed->options;
    bool fits = region->bytes >= sizeof(struct lab_pool) + sizeof(*seed);

    /* Where this has the magic number, another version may have something else. */
    if (fits && (seed->magic == 0 || seed->magic == LAB_POOL_MAGIC) &&
        lab_load_acquire(&seed->whole) == 0) /* P2: or it finds a pool half made */
        return lab_error_set(error, -EAGAIN, "pool %s is being made by another process: try again",
                             name);
    if (fits)
        *ret_seed = *seed;
    if (!fits || ret_seed->magic != LAB_POOL_MAGIC || ret_seed->layout != LAB_SHARED_LAYOUT)
        return lab_error_set(error, -EPROTO,
                             "%s is no pool, or one of another version of this library: give all "
                             "processes the same",
                             name);
    settle_bool(&options->takes_strangers);
    settle_bool(&options->audit.records);
    settle_bool(&options->audit.stated);
    settle_bool(&options->audit.poison);
    ret_seed->name[LAB_POOL_NAME_SIZE - 1] = '\0';
    options->name = ret_seed->name;
    options->domain = options->domain != NULL ? &some_domain : NULL;
    options->arena = NULL;
    options->shared = true;
    return 0;
}

int lab_pool_core_attach(struct lab_region *region, const struct lab_pool_seed *seed,
                         const struct lab_pool_layout *layout, struct lab_pool **ret_pool,
                         struct lab_error *error)
{
    const struct lab_pool_options *options = &seed->options;
    struct lab_pool *pool;
    int rc;

    /* Options that make no sense, or do not fit the region, some process has damaged. */
    if (layout == NULL || options->buffer_bytes == 0 ||
        (unsigned)seed->barrier > LAB_BARRIER_SHARED ||
        lab_pool_bytes(options, layout) > LAB_POOL_FRONT + region->bytes)
        return lab_error_set(error, -EPROTO,
                             "%s is damaged: its options make no sense. Some process has written "
                             "where it should not: end all that have it",
                             seed->name);
    rc = lab_region_front(region, error);
    if (rc != 0)
        return rc;
    pool = (void *)((char *)region->address - LAB_POOL_FRONT);
    lab_pool_set_constants(pool, options, layout, seed->barrier);
    lab_pool_set_buffers(pool, lab_pool_buffers_at(options, layout));
    pool->hot_puts = 0;
    pool->set.maker = seed->maker;
    pool->region = *region;
    *ret_pool = pool;
    return 0;
}

int lab_pool_core_arrive(struct lab_pool *pool, struct lab_error *error)
{
    int rc = lab_region_freeze_front(&pool->region);

    if (rc != 0)
        return lab_error_set(error, rc, "%s: the page of this process cannot be made read-only: %s",
                             pool->name, strerror(-rc));
    if (lab_barrier_address_space() != pool->set.maker)
        announce(pool);
    return 0;
}
