/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A mempool driver for the tests that need another one: "dummy", an array without any lock, which
 * refuses pools that are not its own. With DUMMY_SLOTS it takes that number of slots of the table,
 * or all that there are. */

#include <errno.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef DUMMY_SLOTS
#define DUMMY_SLOTS 1
#endif

#define DUMMY_MAGIC UINT64_C(0x64756d6d79)

struct dummy {
    uint64_t magic;
    unsigned int count;
    void *objects[];
};

static struct dummy *dummy_of(const struct rte_mempool *mp)
{
    struct dummy *dummy = mp->pool_data;

    return dummy->magic == DUMMY_MAGIC ? dummy : NULL;
}

static int dummy_alloc(struct rte_mempool *mp)
{
    struct dummy *dummy = rte_zmalloc(NULL, sizeof(*dummy) + mp->size * sizeof(void *), 0);

    if (dummy == NULL)
        return -ENOMEM;
    dummy->magic = DUMMY_MAGIC;
    mp->pool_data = dummy;
    return 0;
}

static void dummy_free(struct rte_mempool *mp)
{
    rte_free(mp->pool_data);
}

static int dummy_enqueue(struct rte_mempool *mp, void *const *objs, unsigned int n)
{
    struct dummy *dummy = dummy_of(mp);

    if (dummy == NULL)
        return -EINVAL;
    memcpy(dummy->objects + dummy->count, objs, n * sizeof(*objs));
    dummy->count += n;
    return 0;
}

static int dummy_dequeue(struct rte_mempool *mp, void **objs, unsigned int n)
{
    struct dummy *dummy = dummy_of(mp);

    if (dummy == NULL)
        return -EINVAL;
    if (n > dummy->count)
        return -ENOBUFS;
    dummy->count -= n;
    memcpy(objs, dummy->objects + dummy->count, n * sizeof(*objs));
    return 0;
}

static unsigned int dummy_get_count(const struct rte_mempool *mp)
{
    const struct dummy *dummy = dummy_of(mp);

    return dummy != NULL ? dummy->count : 0;
}

static struct rte_mempool_ops dummy_ops = {
    .name = "dummy",
    .alloc = dummy_alloc,
    .free = dummy_free,
    .enqueue = dummy_enqueue,
    .dequeue = dummy_dequeue,
    .get_count = dummy_get_count,
};

RTE_INIT(dummy_register)
{
    int index = rte_mempool_register_ops(&dummy_ops);

    for (unsigned int i = 1; i < DUMMY_SLOTS && index >= 0; i++) {
        snprintf(dummy_ops.name, sizeof(dummy_ops.name), "dummy_%u", i);
        index = rte_mempool_register_ops(&dummy_ops);
    }
}
