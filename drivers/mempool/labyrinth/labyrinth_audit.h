/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_AUDIT_H
#define LABYRINTH_AUDIT_H

#include <lab_pool.h>
#include <rte_mempool.h>

#include "labyrinth_options.h"

/* What LABYRINTH_OPTIONS asks for, for this mempool: what of its objects may be poisoned, how many
 * may wait in quarantine, and that no cache stands between the program and an audit that is to see
 * everything. */
void labyrinth_audit_prepare(struct rte_mempool *mp, struct labyrinth_options *options);

/* Reports what is still held when the mempool is freed, or when the program ends without freeing
 * it; a forked child that ends says nothing of what its parent made. After the pool was made; takes
 * the pool for one that may go at any time. */
void labyrinth_audit_follow(struct rte_mempool *mp);

/* Calls back for each mempool that is followed; none goes meanwhile. */
void labyrinth_audit_each(void (*visit)(struct rte_mempool *mp));

/* The mempool goes. */
void labyrinth_audit_forget(const struct rte_mempool *mp);

#endif
