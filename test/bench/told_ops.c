/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A mempool driver, told, that reports how it was used: a stack without a lock, for one lcore. Into
 * the file $LABYRINTH_TOLD it writes, when the program ends, the least and the most that it was
 * asked for at once, and how many buffers were outside of it at most. */

#include <errno.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct told {
    unsigned n, size;
    void *objects[];
};

static unsigned least = UINT32_MAX, most, outside;
static bool is_over; /* somebody has asked how many there are, as the benchmark does at the end */

static int told_alloc(struct rte_mempool *mp)
{
    struct told *told = calloc(1, sizeof(*told) + mp->size * sizeof(void *));

    if (told == NULL)
        return -ENOMEM;
    told->size = mp->size;
    mp->pool_data = told;
    return 0;
}

static void told_free(struct rte_mempool *mp)
{
    free(mp->pool_data);
}

static int told_enqueue(struct rte_mempool *mp, void *const *objects, unsigned n)
{
    struct told *told = mp->pool_data;

    for (unsigned i = 0; i < n; i++)
        told->objects[told->n++] = objects[i];
    return 0;
}

static int told_dequeue(struct rte_mempool *mp, void **objects, unsigned n)
{
    struct told *told = mp->pool_data;

    if (told->n < n)
        return -ENOBUFS;
    for (unsigned i = 0; i < n; i++)
        objects[i] = told->objects[--told->n];
    if (is_over)
        return 0;
    least = RTE_MIN(least, n);
    most = RTE_MAX(most, n);
    outside = RTE_MAX(outside, told->size - told->n);
    return 0;
}

static unsigned told_count(const struct rte_mempool *mp)
{
    is_over = true;
    return ((const struct told *)mp->pool_data)->n;
}

static const struct rte_mempool_ops ops = {
    .name = "told",
    .alloc = told_alloc,
    .free = told_free,
    .enqueue = told_enqueue,
    .dequeue = told_dequeue,
    .get_count = told_count,
};

RTE_INIT(told_register)
{
    if (getenv("LABYRINTH_TOLD") != NULL)
        rte_mempool_register_ops(&ops);
}

RTE_FINI(told_write)
{
    const char *path = getenv("LABYRINTH_TOLD");
    FILE *file = path != NULL && most > 0 ? fopen(path, "w") : NULL;

    if (file != NULL) {
        fprintf(file, "%u %u %u\n", least, most, outside);
        fclose(file);
    }
}
