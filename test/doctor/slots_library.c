/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A made-up DPDK's librte_mempool: a table whose slots its drivers take. */

#include <stdint.h>

struct table {
    int32_t lock;
    uint32_t num_ops;
    char name[16][32];
};

extern struct table rte_mempool_ops_table;
struct table rte_mempool_ops_table;
