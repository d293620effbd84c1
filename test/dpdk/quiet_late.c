/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A library that quiet loads late, with DPDK's inline functions in it once more. */

#include <rte_mempool.h>

void get_and_put(struct rte_mempool *mp);

void get_and_put(struct rte_mempool *mp)
{
    void *object;

    if (rte_mempool_get(mp, &object) == 0)
        rte_mempool_put(mp, object);
}
