/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_AS_LCORE_H
#define BENCH_AS_LCORE_H

#include "contender.h"

#include <rte_lcore.h>

/* Gets and puts in the name of any lcore, by one thread, while those lcores do nothing: to the pool
 * an lcore is its id. Also of lcores that the EAL does not have. Mempools and the library's own
 * pools only. */

static inline bool as_lcore_get(const struct contender *contender, unsigned lcore,
                                void **ret_objects, unsigned n)
{
    unsigned self = rte_lcore_id();
    bool got;

    if (contender->library != NULL)
        return lab_pool_get_bulk(contender->library, lcore, ret_objects, n) == 0;
    RTE_PER_LCORE(_lcore_id) = lcore;
    got = rte_mempool_get_bulk(contender->mempool, ret_objects, n) == 0;
    RTE_PER_LCORE(_lcore_id) = self;
    return got;
}

static inline void as_lcore_put(const struct contender *contender, unsigned lcore,
                                void *const *objects, unsigned n)
{
    unsigned self = rte_lcore_id();

    if (contender->library != NULL) {
        lab_pool_put_bulk(contender->library, lcore, objects, n);
        return;
    }
    RTE_PER_LCORE(_lcore_id) = lcore;
    rte_mempool_put_bulk(contender->mempool, objects, n);
    RTE_PER_LCORE(_lcore_id) = self;
}

#endif
