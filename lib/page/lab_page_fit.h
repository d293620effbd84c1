/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_FIT_H
#define LAB_PAGE_FIT_H

/* Pages for what is larger than the largest order: it takes several runs, as large as there are. */

#include <lab_error.h>
#include <lab_page.h>

/* Returns the smallest order whose runs have so many bytes, or LAB_PAGE_ORDERS when none has. Any
 * thread; wait-free. */
LAB_INLINE unsigned lab_page_order_of(size_t bytes)
{
    unsigned order = 0;

    while (order < LAB_PAGE_ORDERS && LAB_PAGE_BYTES << order < bytes)
        order++;
    return order;
}

/* Gets the next run for something that still needs `bytes`, and for which runs below `least` bytes
 * are of no use: one that holds all of it, or the largest order, or what comes next below that
 * while the memory is fragmented. The caller frees it with lab_page_free() and the order.
 *
 * gfp is as in lab_page_alloc(). Returns 0; -EINVAL for flags that make no sense, or `least` of 0,
 * above `bytes`, or larger than the largest order; -ENOMEM when there is no such run: *error (may
 * be NULL) then says which order was short, why, and what mends it, and nothing is changed. For
 * set-up: it may try all orders. Any thread; lock-free, but for what LAB_GFP_WAIT does. */
LAB_PUBLIC int lab_page_fit(struct lab_arena *arena, unsigned gfp, size_t least, size_t bytes,
                            void **ret_run, unsigned *ret_order,
                            struct lab_error *error) LAB_CHECKED;

#endif
