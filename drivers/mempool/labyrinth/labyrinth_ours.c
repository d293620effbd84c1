/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Whether a mempool is this driver's, and the driver's log: all other files ask these. */

#include <errno.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_private.h"

RTE_LOG_REGISTER(labyrinth_logtype, mempool.labyrinth, NOTICE);

struct lab_pool *labyrinth_pool_of(const struct rte_mempool *mp)
{
    struct lab_pool *pool = mp->pool_data;

    if (strcmp(rte_mempool_get_ops(mp->ops_index)->name, LABYRINTH_OPS_NAME) != 0 || pool == NULL ||
        pool->magic != LAB_POOL_MAGIC || labyrinth_is_handle(mp))
        return NULL;
    return pool;
}

/* Index of an op in a process's table depends on the order in which its drivers were loaded. A
 * secondary process with another order would call this driver for the pools of another, and not
 * once: only the 1st, 2nd, 4th, 8th... time is logged. */
__rte_cold __rte_noinline int labyrinth_refuse(const struct rte_mempool *mp)
{
    static lab_atomic_t refusals;
    uint64_t before = lab_fetch_add_relaxed(&refusals, 1);

    if ((before & (before + 1)) == 0)
        LABYRINTH_LOG(ERR,
                      "mempool %s does not belong to this driver: this process loaded its mempool "
                      "drivers in another order than the primary process. Give both the same -d "
                      "options.",
                      mp->name);
    return -EINVAL;
}
