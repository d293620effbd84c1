/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_OPS_H
#define LABYRINTH_OPS_H

/* The two ops that DPDK calls for each get and put, by process and by processor. */

#include <lab_pool.h>
#include <rte_mempool.h>

struct labyrinth_moves {
    rte_mempool_enqueue_t enqueue;
    rte_mempool_dequeue_t dequeue;
};

struct labyrinth_ops {
    struct labyrinth_moves any;   /* in a process that may not have made the mempool: it says that
                                     it is there */
    struct labyrinth_moves maker; /* in one that need not (labyrinth_table.c) */
};

extern const struct labyrinth_ops labyrinth_ops_plain; /* for every processor */
extern const struct labyrinth_ops labyrinth_ops_wide;  /* with 32-byte moves, where the compiler
                                                          knows some: LABYRINTH_HAS_WIDE */

#endif
