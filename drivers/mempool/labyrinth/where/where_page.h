/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_PAGE_H
#define WHERE_PAGE_H

/* The pages of a mapping that are there. A page that nobody has written to yet is not: to read it
 * would have the kernel find one, of a large mapping very many. */

#include "where_memory.h"

#define WHERE_PAGE_WINDOW 256u /* pages that are asked for at a time */

struct where_pages {
    int file; /* /proc/self/pagemap, or -1: all count as there */
    bool is_shared, is_file;
    size_t page; /* bytes */
    uintptr_t start;
    size_t n;
    bool is_there[WHERE_PAGE_WINDOW];
};

void where_page_open(struct where_pages *ret_pages);
void where_page_close(struct where_pages *pages);

/* Begins with another mapping. Of a file's that is_file, a page counts as soon as this process has
 * written to it: before, it has what the file has, and no reference. */
void where_page_begin(struct where_pages *pages, bool is_shared, bool is_file);

/* The next run of pages that are there, of a range of that mapping, from `from` on, no more than
 * most_bytes. False: there is none. */
bool where_page_next(struct where_pages *pages, struct where_range range, uintptr_t from,
                     size_t most_bytes, struct where_range *ret_run);

#endif
