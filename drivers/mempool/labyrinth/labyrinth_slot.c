/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The slot of this driver in DPDK's table of mempool ops. */

#include <errno.h>
#include <rte_common.h>
#include <string.h>

#include "labyrinth_driver.h"
#include "labyrinth_slot.h"

bool labyrinth_slot_is_taken(const char *name)
{
    for (uint32_t i = 0; i < rte_mempool_ops_table.num_ops; i++)
        if (strcmp(rte_mempool_ops_table.ops[i].name, name) == 0)
            return true;
    return false;
}

/* Drivers of DPDK's for buffer managers that are parts of some processors of ARM's. */
static bool is_impossible_here(const char *name)
{
#ifdef RTE_ARCH_ARM
    RTE_SET_USED(name);
    return false;
#else
    return strncmp(name, "cn", 2) == 0 || strncmp(name, "dpaa", 4) == 0 ||
           strncmp(name, "octeontx", 8) == 0;
#endif
}

/* With a full table: in place of a driver that no program can use on this machine. Its slot is the
 * only one that then is another than in a program without us. */
static int take_useless_slot(const struct rte_mempool_ops *ops)
{
    uint32_t i = RTE_MEMPOOL_MAX_OPS_IDX;

    rte_spinlock_lock(&rte_mempool_ops_table.sl);
    while (i-- > 0)
        if (is_impossible_here(rte_mempool_ops_table.ops[i].name))
            break;
    if (i < RTE_MEMPOOL_MAX_OPS_IDX) {
        LABYRINTH_LOG(NOTICE,
                      "no free slot among DPDK's %d mempool ops: this driver has that of %s, which "
                      "is for other processors",
                      RTE_MEMPOOL_MAX_OPS_IDX, rte_mempool_ops_table.ops[i].name);
        rte_mempool_ops_table.ops[i] = *ops;
    }
    rte_spinlock_unlock(&rte_mempool_ops_table.sl);
    return i < RTE_MEMPOOL_MAX_OPS_IDX ? (int)i : -ENOSPC;
}

int labyrinth_slot_take(const struct rte_mempool_ops *ops)
{
    if (rte_mempool_ops_table.num_ops < RTE_MEMPOOL_MAX_OPS_IDX)
        return rte_mempool_register_ops(ops);
    return take_useless_slot(ops);
}
