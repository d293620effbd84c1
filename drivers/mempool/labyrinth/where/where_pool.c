/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#define ALLOW_EXPERIMENTAL_API /* functions of rte_stack.h that this file does not call */

#include "where_pool.h"

#include "labyrinth_driver.h"
#include "labyrinth_private.h"

#include <errno.h>
#include <lab_pool_core.h>
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <rte_stack.h>
#include <string.h>

static bool add_skip(struct where_pool *pool, uintptr_t start, size_t bytes)
{
    void *array = pool->skip;

    if (!where_memory_grow(&array, pool->skips, &pool->skip_places, sizeof(*pool->skip)))
        return false;
    pool->skip = array;
    pool->skip[pool->skips++] = (struct where_range){start, start + bytes};
    return true;
}

/* The block of rte_malloc() that begins there. */
static size_t block_bytes(const void *block)
{
    size_t bytes = 0;

    return block != NULL && rte_malloc_validate(block, &bytes) == 0 ? bytes : 0;
}

/* Of the memzone to which such a place of a driver's data points: the driver's name is what this
 * process calls the pool's number, and another process may call it otherwise. */
static bool add_zone(struct where_pool *pool, const void *place)
{
    struct rte_memzone zone;
    uintptr_t address;

    if (where_memory_read((uintptr_t)place, &address, sizeof(address)) != sizeof(address) ||
        where_memory_read(address, &zone, sizeof(zone)) != sizeof(zone) || zone.addr != pool->data)
        return true;
    return add_skip(pool, zone.addr_64, zone.len);
}

/* The pool's head with DPDK's caches, the memory of the objects, and what the driver keeps its
 * objects in. The private area is the program's. */
static bool add_skips(struct where_pool *pool)
{
    const struct rte_mempool *mp = pool->mp;
    const struct rte_mempool_memhdr *chunk;
    bool added = add_skip(pool, (uintptr_t)mp, RTE_MEMPOOL_HEADER_SIZE(mp, mp->cache_size));

    STAILQ_FOREACH(chunk, &mp->mem_list, next)
    {
        added = added && add_skip(pool, (uintptr_t)chunk->addr, chunk->len);
    }
    if (pool->driver == WHERE_DRIVER_LABYRINTH)
        added = added && add_skip(pool, (uintptr_t)pool->data, block_bytes(pool->data));
    else if (pool->driver == WHERE_DRIVER_RING)
        added = added && add_zone(pool, &((const struct rte_ring *)pool->data)->memzone);
    else if (pool->driver == WHERE_DRIVER_STACK)
        added = added && add_zone(pool, &((const struct rte_stack *)pool->data)->memzone);
    return added;
}

static void add_object(struct rte_mempool *mp, void *opaque, void *object, unsigned index)
{
    struct where_pool *pool = opaque;

    RTE_SET_USED(mp);
    RTE_SET_USED(index);
    if (pool->set.n < pool->mp->size)
        pool->set.start[pool->set.n++] = (uintptr_t)object;
}

/* A program may have put objects of its own into a mempool of ours. */
static bool add_objects(struct where_pool *pool)
{
    struct rte_mempool *mp = (struct rte_mempool *)(uintptr_t)pool->mp;

    pool->set = (struct where_set){.bytes = mp->elt_size};
    pool->set.start = where_memory_get((mp->size + 1) * sizeof(uintptr_t));
    if (pool->set.start == NULL)
        return false;
    if (pool->driver == WHERE_DRIVER_LABYRINTH) {
        const struct lab_pool *ours = pool->data;

        for (uint32_t i = 0; i < ours->adopted && i < mp->size; i++)
            add_object(mp, pool, lab_pool_object(ours, i), i);
    } else {
        rte_mempool_obj_iter(mp, add_object, pool);
    }
    return true;
}

static enum where_driver driver_of(const char *ops)
{
    if (strcmp(ops, LABYRINTH_OPS_NAME) == 0)
        return WHERE_DRIVER_LABYRINTH;
    if (strncmp(ops, "ring_", strlen("ring_")) == 0)
        return WHERE_DRIVER_RING;
    if (strcmp(ops, "stack") == 0 || strcmp(ops, "lf_stack") == 0)
        return WHERE_DRIVER_STACK;
    return WHERE_DRIVER_OTHER;
}

struct opening {
    struct where_pool *pool;
    int rc;
};

static void copy_pool(const struct rte_mempool *mp, void *context)
{
    struct opening *opening = context;
    struct where_pool *pool = opening->pool;
    uint32_t bytes;

    if (strcmp(rte_mempool_get_ops(mp->ops_index)->name, LABYRINTH_OPS_NAME) == 0 &&
        labyrinth_is_handle(mp))
        mp = labyrinth_private_of(mp)->whole;
    snprintf(pool->name, sizeof(pool->name), "%s", mp->name);
    snprintf(pool->ops, sizeof(pool->ops), "%s", rte_mempool_get_ops(mp->ops_index)->name);
    pool->driver = driver_of(pool->ops);
    pool->mp = mp;
    pool->data = mp->pool_data;
    if (pool->data == NULL ||
        (pool->driver == WHERE_DRIVER_LABYRINTH && labyrinth_pool_of(mp) == NULL))
        return; /* it has no objects yet */
    pool->has_mbufs = labyrinth_mbuf_is((struct rte_mempool *)(uintptr_t)mp);
    if (!labyrinth_mbuf_data_room((struct rte_mempool *)(uintptr_t)mp, &pool->data_from, &bytes))
        pool->data_from = 0;
    opening->rc = add_objects(pool) && add_skips(pool) ? 0 : -ENOMEM;
}

int where_pool_open(const char *name, struct where_pool *ret_pool)
{
    struct where_pool pool = {.name = ""};
    struct opening opening = {&pool, -ENOENT};

    if (!labyrinth_look_at_any(name, copy_pool, &opening))
        return -ENOENT;
    if (opening.rc != 0) {
        where_pool_close(&pool);
        return opening.rc;
    }
    where_set_ready(&pool.set);
    *ret_pool = pool;
    return 0;
}

void where_pool_close(struct where_pool *pool)
{
    where_memory_put(pool->set.start);
    where_memory_put(pool->skip);
    *pool = (struct where_pool){.name = ""};
}
