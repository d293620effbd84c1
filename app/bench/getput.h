/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_GETPUT_H
#define BENCH_GETPUT_H

#include "turn.h"

#include <rte_mempool.h>

/* The parts of most patterns. */

/* Gets bursts until `held` buffers are held, or the pool is empty. Returns how many. */
static inline unsigned get_all(struct rte_mempool *pool, void **objects, unsigned held,
                               unsigned bulk)
{
    unsigned n = 0;

    while (n + bulk <= held && rte_mempool_get_bulk(pool, objects + n, bulk) == 0)
        n += bulk;
    return n;
}

static inline void put_all(struct rte_mempool *pool, void **objects, unsigned held, unsigned bulk)
{
    for (unsigned n = 0; n < held; n += bulk)
        rte_mempool_put_bulk(pool, objects + n, bulk);
}

#endif
