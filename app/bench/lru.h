/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_LRU_H
#define BENCH_LRU_H

#include <stdbool.h>
#include <stdint.h>

/* A cache of `capacity` items of 0 to n - 1, of which the one goes that was not used for longest.
 */

struct lru_link {
    uint32_t newer, older; /* the end of the list is item n */
    bool is_in;
};

struct lru {
    struct lru_link *links; /* n, and the list's ends */
    uint32_t n, size, capacity;
};

/* False without memory. */
bool lru_open(struct lru *ret_lru, uint32_t n, uint32_t capacity);
void lru_close(struct lru *lru);

/* Uses an item. Returns whether it was in the cache. */
bool lru_use(struct lru *lru, uint32_t item);

#endif
