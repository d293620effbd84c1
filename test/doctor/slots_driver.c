/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* A made-up mempool driver, which takes SLOTS slots as it is loaded, while there are some. With 0
 * it has that of another, as ours does. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct table {
    int32_t lock;
    uint32_t num_ops;
    char name[16][32];
};

extern struct table rte_mempool_ops_table;

__attribute__((constructor)) static void take_slots(void)
{
    puts("drivers may print: nobody must see this");
#if SLOTS > 0
    for (unsigned i = 0; i < SLOTS && rte_mempool_ops_table.num_ops < 16; i++)
        rte_mempool_ops_table.num_ops++;
#else
    strcpy(rte_mempool_ops_table.name[3], "labyrinth");
#endif
}
