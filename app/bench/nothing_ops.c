/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A mempool driver that does nothing: it hands the same buffers out again and again, and what is
 * put back it does not even look at. No pool can be faster, so that its figures are the cost of a
 * pattern itself. Of no other use; LD_PRELOAD puts it beside the others. */

#include <errno.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>

struct nothing {
    unsigned n; /* the first buffers, which are all that is ever handed out */
    void *buffers[];
};

static int nothing_alloc(struct rte_mempool *mp)
{
    mp->pool_data = calloc(1, sizeof(struct nothing) + mp->size * sizeof(void *));
    return mp->pool_data != NULL ? 0 : -ENOMEM;
}

static void nothing_free(struct rte_mempool *mp)
{
    free(mp->pool_data);
}

static int nothing_enqueue(struct rte_mempool *mp, void *const *buffers, unsigned n)
{
    struct nothing *nothing = mp->pool_data;

    if (nothing->n + n <= mp->size) {
        memcpy(nothing->buffers + nothing->n, buffers, n * sizeof(*buffers));
        nothing->n += n;
    }
    return 0;
}

static int nothing_dequeue(struct rte_mempool *mp, void **buffers, unsigned n)
{
    const struct nothing *nothing = mp->pool_data;

    if (n > nothing->n)
        return -ENOBUFS;
    memcpy(buffers, nothing->buffers, n * sizeof(*buffers));
    return 0;
}

static unsigned nothing_count(const struct rte_mempool *mp)
{
    return ((const struct nothing *)mp->pool_data)->n;
}

static const struct rte_mempool_ops nothing_ops = {
    .name = "nothing",
    .alloc = nothing_alloc,
    .free = nothing_free,
    .enqueue = nothing_enqueue,
    .dequeue = nothing_dequeue,
    .get_count = nothing_count,
};

RTE_MEMPOOL_REGISTER_OPS(nothing_ops);
