/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <pthread.h>
#include <rte_eal.h>

#include "labyrinth_arrival.h"

static struct rte_mempool_ops any_ops, maker_ops;
static struct rte_mempool_ops *entry; /* of this process's table */
static bool is_child;

/* Other threads of the process may be in the table just now: they find one or the other. */
static void use(const struct rte_mempool_ops *ops)
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

void labyrinth_arrival_start(int ops_index, const struct rte_mempool_ops *maker)
{
    entry = &rte_mempool_ops_table.ops[ops_index];
    any_ops = *entry;
    maker_ops = *maker;
    (void)pthread_atfork(NULL, NULL, forked);
}

void labyrinth_arrival_made(struct lab_pool *pool)
{
    /* The primary, with its short ops, may come to it at any time. */
    if (is_child || rte_eal_process_type() != RTE_PROC_PRIMARY)
        (void)lab_pool_announce(pool);
    else
        use(&maker_ops);
}
