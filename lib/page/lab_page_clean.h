/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_CLEAN_H
#define LAB_PAGE_CLEAN_H

/* How far each page has been written to, one byte each: 0 is clean, all zero; else so many lines
 * from its beginning on, behind which it is zero. For lib/page alone.
 *
 *     a page in a zone, or in a clean deque   its byte is true, in a clean deque 0
 *     a page that is held, or in a plain deque   LAB_PAGE_DIRTY: nobody knows
 *
 * Whoever holds a page writes its byte, and nobody else goes by it; housekeeping and the map look
 * at all of them, to know how many there are. A thread that dies leaves bytes that say too much at
 * worst. */

#include <lab_arena_node.h>
#include <string.h>

/* All lines of a page. */
#define LAB_PAGE_DIRTY LAB_PAGE_LINES

/* The number of an allocation's first page. What comes from a deque is an address that others may
 * have written, too: so an allocation of that order fits the zone from there on. */
LAB_INLINE size_t lab_page_number(const struct lab_zone *zone, const void *page, unsigned order)
{
    return lab_page_first(zone->base, zone->pages, page, order);
}

/* How many bytes of the page are perhaps not zero: no more than it has, whoever wrote its byte. */
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

/* Nobody knows any longer what is in these pages. */
LAB_INLINE void lab_page_set_dirty(lab_byte_t *dirt, size_t pages)
{
    lab_bytes_fill(dirt, LAB_PAGE_DIRTY, pages);
}

/* The first `used_bytes` are not zero, perhaps. */
static inline void lab_page_set_used(lab_byte_t *dirt, unsigned order, size_t used_bytes)
{
    for (unsigned i = 0; i < 1u << order; i++) {
        size_t used = used_bytes < LAB_PAGE_BYTES ? used_bytes : LAB_PAGE_BYTES;

        lab_byte_store_relaxed(&dirt[i], (uint8_t)((used + LAB_CACHE_LINE - 1) / LAB_CACHE_LINE));
        used_bytes -= used;
    }
}

#endif
