/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_LOOK_H
#define LABYRINTH_LOOK_H

#include <rte_mempool.h>
#include <stdbool.h>

/* Looking at mempools that their program may free at any time.
 *
 * rte_mempool_walk() does not help: rte_mempool_free() does not take the lock of a walk. But it
 * takes a mempool off DPDK's list before anything of it goes, under the list's own lock. That lock
 * is held here. The making and freeing of DPDK's objects waits for it, in every process: what looks
 * copies what it needs, and neither reads files nor prints. */

typedef void labyrinth_look_fn(const struct rte_mempool *mp, void *context);

/* Calls back for each mempool of ours, as any process made it. */
void labyrinth_look_at_all(labyrinth_look_fn *look, void *context);

/* Calls back for the one of this name, as the program has it or as /labyrinth/list shows it. False:
 * there is none. */
bool labyrinth_look_at(const char *name, labyrinth_look_fn *look, void *context);

#endif
