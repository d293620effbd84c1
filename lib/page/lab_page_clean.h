/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_CLEAN_H
#define LAB_PAGE_CLEAN_H

/* How far each page has been written to, one byte each: N means that it is zero behind its first N
 * lines, and 0 that it is clean. For lib/page alone.
 *
 *     a page in a zone, or in a clean deque   its byte is true, in a clean deque 0
 *     a page that is held, or in a plain deque   LAB_PAGE_DIRTY: nobody knows
 *
 * The holder of a page writes its byte, and no other thread relies on it; housekeeping and the map
 * read all bytes, to count clean pages. A thread that dies leaves bytes that are too large at
 * worst. */

#include <lab_arena_node.h>
#include <string.h>

/* All lines of a page. */
#define LAB_PAGE_DIRTY LAB_PAGE_LINES

/* The number of an allocation's first page. An address from a deque may have been written by
 * others: whatever it is, an allocation of that order fits the zone from that number on. */
LAB_INLINE size_t lab_page_number(const struct lab_zone *zone, const void *page, unsigned order)
{
    return lab_page_first(zone->base, zone->pages, page, order);
}

/* The number of bytes of the page that may not be zero: no more than it has, whatever its byte is.
 */
LAB_INLINE size_t lab_page_dirty_bytes(const lab_byte_t *dirt)
{
    size_t lines = lab_byte_load_relaxed(dirt);

    return (lines < LAB_PAGE_LINES ? lines : LAB_PAGE_LINES) * LAB_CACHE_LINE;
}

/* Whether an allocation of these pages is all zero. */
static inline bool lab_page_is_clean(const lab_byte_t *dirt, unsigned order)
{
    uint64_t eight, any = 0;

    if (order < 3) {
        for (unsigned i = 0; i < 1u << order; i++)
            any |= lab_byte_load_relaxed(&dirt[i]);
        return any == 0;
    }
    for (unsigned i = 0; i < 1u << order && any == 0; i += sizeof(eight)) {
        lab_bytes_load(&eight, dirt + i, sizeof(eight));
        any |= eight;
    }
    return any == 0;
}

/* The contents of these pages are unknown from now on. */
LAB_INLINE void lab_page_set_dirty(lab_byte_t *dirt, size_t pages)
{
    lab_bytes_fill(dirt, LAB_PAGE_DIRTY, pages);
}

/* Only the first `used_bytes` may not be zero. */
static inline void lab_page_set_used(lab_byte_t *dirt, unsigned order, size_t used_bytes)
{
    for (unsigned i = 0; i < 1u << order; i++) {
        size_t used = used_bytes < LAB_PAGE_BYTES ? used_bytes : LAB_PAGE_BYTES;

        lab_byte_store_relaxed(&dirt[i], (uint8_t)((used + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE));
        used_bytes -= used;
    }
}

#endif
