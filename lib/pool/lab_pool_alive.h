/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_ALIVE_H
#define LAB_POOL_ALIVE_H

#include <lab_pool.h>

/* Whether the process at a place of the pool's audit runs: 1, also of a place that is nobody's; 0
 * when it has ended; -errno when that cannot be told. Asks the system. Any thread. */
int lab_pool_runs(const struct lab_pool *pool, unsigned party);

#endif
