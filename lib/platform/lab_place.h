/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PLACE_H
#define LAB_PLACE_H

/* Planning where the parts of a pool, an arena or a zone lie, in one piece of memory. */

#include <lab_common.h>
#include <stddef.h>

/* Takes room at the end of what is planned so far, on a cache line of its own. Returns where it
 * begins. The limits of a caller's options keep all sizes far below what a size_t holds: the
 * largest pool has less than 2^59 bytes. */
LAB_INLINE size_t lab_place(size_t *end, size_t bytes)
{
    size_t at = *end;

    *end += (bytes + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE * LAB_CACHE_LINE;
    return at;
}

#endif
