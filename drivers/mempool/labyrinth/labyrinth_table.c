/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* DPDK's table of mempool ops: the slot of this driver, and which of its ops stand there.
 *
 * A driver learns from DPDK which processes make a mempool, but not which ones look one up or were
 * forked, and nothing in memory that they share distinguishes them. But the table is each process's
 * own: it has ops that say that another process is there, and the shortest ones only in a primary
 * that has made a mempool itself, and not in its children. */

#include <errno.h>
#include <pthread.h>
#include <rte_eal.h>
#include <string.h>

#include "labyrinth_driver.h"

static struct labyrinth_moves any_ops, maker_ops;
static struct rte_mempool_ops *entry; /* of this process's table */
static bool is_child;

/* The slot */

static bool is_entered(const char *name)
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

static int take_slot(const struct rte_mempool_ops *ops)
{
    if (rte_mempool_ops_table.num_ops < RTE_MEMPOOL_MAX_OPS_IDX)
        return rte_mempool_register_ops(ops);
    return take_useless_slot(ops);
}

/* The ops */

/* Other threads of the process may be in the table just now: they find one or the other. */
static void use(const struct labyrinth_moves *ops)
{
    __atomic_store_n(&entry->enqueue, ops->enqueue, __ATOMIC_RELAXED);
    __atomic_store_n(&entry->dequeue, ops->dequeue, __ATOMIC_RELAXED);
}

/* A child has what its parent made, and has not said so yet. One that runs another program, or
 * ends, never does: nothing is written that the parent sees. */
static void forked(void)
{
    is_child = true;
    use(&any_ops);
}

void labyrinth_table_made(struct lab_pool *pool)
{
    /* The primary, with its short ops, may come to it at any time. */
    if (is_child || rte_eal_process_type() != RTE_PROC_PRIMARY)
        (void)lab_pool_announce(pool);
    else
        use(&maker_ops);
}

bool labyrinth_table_enter(const struct rte_mempool_ops *ops, const struct labyrinth_moves *maker)
{
    int index;

    if (is_entered(ops->name))
        return false;
    labyrinth_order_load_others();
    index = take_slot(ops);
    if (index < 0) {
        LABYRINTH_LOG(ERR,
                      "no free slot among DPDK's %d mempool ops: load this driver first, with "
                      "-d librte_mempool_labyrinth.so, and leave out drivers that are not needed: "
                      "those of -d, and in the folder from which DPDK loads by itself",
                      RTE_MEMPOOL_MAX_OPS_IDX);
        return true;
    }
    entry = &rte_mempool_ops_table.ops[index];
    any_ops = (struct labyrinth_moves){ops->enqueue, ops->dequeue};
    maker_ops = *maker;
    (void)pthread_atfork(NULL, NULL, forked);
    return true;
}
