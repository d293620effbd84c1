/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_BUDDY_H
#define BENCH_BUDDY_H

#include <stdbool.h>
#include <stdint.h>

/* A binary buddy allocator for one thread, as plain as they come (Knuth, The Art of Computer
 * Programming 1, 2.5): a list of free runs for each order, last in, first out. It keeps as much
 * whole as any page allocator has to reach. */

struct buddy;

/* Makes one of `pages` pages, a multiple of the largest run; NULL without memory. */
struct buddy *buddy_create(uint32_t pages);
void buddy_destroy(struct buddy *buddy);

/* False when there is no free run of that order or above. */
bool buddy_get(struct buddy *buddy, unsigned order, uint32_t *ret_page);
void buddy_put(struct buddy *buddy, uint32_t page, unsigned order);

uint32_t buddy_free_pages(const struct buddy *buddy);

#endif
