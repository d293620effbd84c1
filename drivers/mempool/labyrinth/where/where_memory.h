/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_MEMORY_H
#define WHERE_MEMORY_H

/* The memory of a search, and the reading of the program's.
 *
 * A search notes addresses of objects, and its own notes must not count as references: they lie in
 * pieces of memory that are mapped for it alone and listed here. Neither malloc() nor what calls it
 * (qsort() for one) ever sees such an address, for what they have freed keeps its content. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From `start` to before `end`. */
struct where_range {
    uintptr_t start, end;
};

/* A piece of zeroed memory, or NULL. And gives one back; NULL is allowed. */
void *where_memory_get(size_t bytes);
void where_memory_put(void *piece);

/* An array that grows: room for n + 1 items, or false. The array may move. */
bool where_memory_grow(void **array, size_t n, size_t *places, size_t item_bytes);

/* The most pieces that there are at a time. */
#define WHERE_MEMORY_PIECES 64u

/* The pieces that there are. Returns how many. */
unsigned where_memory_ranges(struct where_range ret_ranges[WHERE_MEMORY_PIECES]);

/* Copies memory of this process, as another process would: what is not there, or goes meanwhile, is
 * an error and no crash. Returns how many bytes were there from the first one on. */
size_t where_memory_read(uintptr_t from, void *to, size_t bytes);

/* Calls function(argument) on a stack that lies in such a piece: what it leaves there is gone with
 * it. False: memory was short, and nothing was called. One thread at a time. */
bool where_memory_call(void (*function)(void *argument), void *argument);

/* In a forked child: nobody else uses the list, and what it lists is the parent's. */
void where_memory_forget(void);

#endif
