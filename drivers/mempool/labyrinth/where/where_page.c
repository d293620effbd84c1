/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* /proc/self/pagemap, as proc(5) has it. */
#define PRESENT (UINT64_C(1) << 63)
#define SWAPPED (UINT64_C(1) << 62)
#define OF_FILE (UINT64_C(1) << 61)

void where_page_open(struct where_pages *ret_pages)
{
    *ret_pages = (struct where_pages){.file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC),
                                      .page = (size_t)sysconf(_SC_PAGESIZE)};
}

void where_page_close(struct where_pages *pages)
{
    if (pages->file >= 0)
        close(pages->file);
}

void where_page_begin(struct where_pages *pages, bool is_shared, bool is_file)
{
    pages->is_shared = is_shared;
    pages->is_file = is_file;
    pages->n = 0;
}

/* This process need not have looked at a page of shared memory that others have written. */
static void add_shared(struct where_pages *pages)
{
    unsigned char resident[WHERE_PAGE_WINDOW];

    if (mincore((void *)pages->start, pages->n * pages->page, resident) != 0)
        return;
    for (size_t i = 0; i < pages->n; i++)
        pages->is_there[i] |= (resident[i] & 1) != 0;
}

/* Asks for the pages from an address on. */
static void ask(struct where_pages *pages, uintptr_t from, uintptr_t end)
{
    uint64_t entry[WHERE_PAGE_WINDOW];
    size_t bytes;
    ssize_t got = 0;

    pages->start = from / pages->page * pages->page;
    pages->n = (end - pages->start + pages->page - 1) / pages->page;
    if (pages->n > WHERE_PAGE_WINDOW)
        pages->n = WHERE_PAGE_WINDOW;
    bytes = pages->n * sizeof(entry[0]);
    if (pages->file >= 0)
        got = pread(pages->file, entry, bytes,
                    (off_t)(pages->start / pages->page * sizeof(entry[0])));
    for (size_t i = 0; i < pages->n; i++)
        pages->is_there[i] = got != (ssize_t)bytes || ((entry[i] & (PRESENT | SWAPPED)) != 0 &&
                                                       !(pages->is_file && (entry[i] & OF_FILE)));
    if (pages->is_shared)
        add_shared(pages);
}

static bool is_there(struct where_pages *pages, uintptr_t address, uintptr_t end)
{
    if (pages->n == 0 || address < pages->start || address >= pages->start + pages->n * pages->page)
        ask(pages, address, end);
    return pages->is_there[(address - pages->start) / pages->page];
}

bool where_page_next(struct where_pages *pages, struct where_range range, uintptr_t from,
                     size_t most_bytes, struct where_range *ret_run)
{
    uintptr_t at = from;

    while (at < range.end && !is_there(pages, at, range.end))
        at = at / pages->page * pages->page + pages->page;
    if (at >= range.end)
        return false;
    ret_run->start = at;
    while (at < range.end && at - ret_run->start < most_bytes && is_there(pages, at, range.end))
        at = at / pages->page * pages->page + pages->page;
    ret_run->end = at;
    if (ret_run->end > range.end)
        ret_run->end = range.end;
    if (ret_run->end - ret_run->start > most_bytes)
        ret_run->end = ret_run->start + most_bytes;
    return true;
}
