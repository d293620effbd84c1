/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A mempool driver with a mistake: a stack without a lock, for one lcore, that forgets one buffer
 * in all. Its name is that of $LABYRINTH_LOSSY_NAME. */

#include <errno.h>
#include <rte_mempool.h>
#include <stdlib.h>

#define FORGOTTEN_PUT 1000 /* far beyond the puts that fill the pool */

struct lossy {
    unsigned n;
    unsigned puts;
    void *objects[];
};

static int lossy_alloc(struct rte_mempool *mp)
{
    mp->pool_data = calloc(1, sizeof(struct lossy) + mp->size * sizeof(void *));
    return mp->pool_data != NULL ? 0 : -ENOMEM;
}

static void lossy_free(struct rte_mempool *mp)
{
    free(mp->pool_data);
}

static int lossy_enqueue(struct rte_mempool *mp, void *const *objects, unsigned n)
{
    struct lossy *lossy = mp->pool_data;

    if (++lossy->puts == FORGOTTEN_PUT)
        n--;
    for (unsigned i = 0; i < n; i++)
        lossy->objects[lossy->n++] = objects[i];
    return 0;
}

static int lossy_dequeue(struct rte_mempool *mp, void **objects, unsigned n)
{
    struct lossy *lossy = mp->pool_data;

    if (lossy->n < n)
        return -ENOBUFS;
    for (unsigned i = 0; i < n; i++)
        objects[i] = lossy->objects[--lossy->n];
    return 0;
}

static unsigned lossy_count(const struct rte_mempool *mp)
{
    return ((const struct lossy *)mp->pool_data)->n;
}

RTE_INIT(lossy_register)
{
    struct rte_mempool_ops ops = {
        .alloc = lossy_alloc,
        .free = lossy_free,
        .enqueue = lossy_enqueue,
        .dequeue = lossy_dequeue,
        .get_count = lossy_count,
    };
    const char *name = getenv("LABYRINTH_LOSSY_NAME");

    if (name != NULL) {
        snprintf(ops.name, sizeof(ops.name), "%s", name);
        rte_mempool_register_ops(&ops);
    }
}
