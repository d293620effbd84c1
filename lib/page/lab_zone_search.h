/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ZONE_SEARCH_H
#define LAB_ZONE_SEARCH_H

/* The hint bytes and the search through them: advice on where to look, never on what is free. For
 * lib/page alone. */

#include <lab_index.h>
#include <lab_zone.h>

/* How much is looked at: groups of LAB_BYTES_GROUP blocks. Near is 512 MiB. */
#define LAB_ZONE_NEAR 8u
#define LAB_ZONE_FAR UINT32_MAX

/* What to look for. */
struct lab_zone_search {
    enum lab_zone_hint hint;
    enum lab_zone_cursor cursor;
    unsigned least; /* hint */
    bool others;    /* also where other lcores work */
};

/* The block with the smallest hint that is enough, the first of those found; LAB_PAGE_NONE when
 * there is none within that many groups. Wait-free. */
uint32_t lab_zone_search(struct lab_zone *zone, struct lab_zone_lcore *me,
                         const struct lab_zone_search *search, uint32_t most_groups);

/* The lcore works in the block, or does no longer: then the hints are what the block has. */
void lab_zone_enter_block(struct lab_zone *zone, uint32_t block);
void lab_zone_leave_block(struct lab_zone *zone, uint32_t block);

/* The lcore leaves the block it works in, for one purpose or for all. */
void lab_zone_stop_work(struct lab_zone *zone, struct lab_zone_place *at);
void lab_zone_stop_all_work(struct lab_zone *zone, struct lab_zone_lcore *lcore);

/* Only what the free rows' hint says is put right. */
void lab_zone_refresh_rows(struct lab_zone *zone, uint32_t block);

/* Now and then: whether enough blocks are whole that looking near will do. */
void lab_zone_gauge(struct lab_zone *zone, struct lab_zone_lcore *me);

/* The rest of lab_zone_raise(). */
void lab_zone_raise_slow(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t block,
                         enum lab_zone_hint hint, unsigned value);

/* The block that an lcore works in. Its place lies in memory that others may write, too: one that
 * is out of range finds block 0. */
LAB_INLINE uint32_t lab_zone_block_at(const struct lab_zone *zone, const struct lab_zone_place *at)
{
    return (uint32_t)lab_index_bounded(at->block, zone->blocks);
}

LAB_INLINE unsigned lab_zone_row_at(const struct lab_zone_place *at)
{
    return at->row % LAB_BLOCK_ROWS;
}

/* The block of a page, which must be one of the zone: that it is has been checked. */
LAB_INLINE uint32_t lab_zone_block_of(const struct lab_zone *zone, uint32_t page)
{
    return (uint32_t)lab_index_bounded(page / LAB_BLOCK_PAGES, zone->blocks);
}

LAB_INLINE unsigned lab_zone_hint(const struct lab_zone *zone, enum lab_zone_hint hint,
                                  uint32_t block)
{
    return lab_byte_load_relaxed(&zone->hint[hint][block]) & ~LAB_BYTES_FLAG;
}

/* The hint's number alone, for one who knows better. */
LAB_INLINE void lab_zone_set_hint(struct lab_zone *zone, enum lab_zone_hint hint, uint32_t block,
                                  unsigned value)
{
    lab_byte_t *byte = &zone->hint[hint][block];

    lab_byte_store_relaxed(byte, (uint8_t)((lab_byte_load_relaxed(byte) & LAB_BYTES_FLAG) | value));
}

/* The hint that stands for a free run of that order: which one, and its number. */
LAB_INLINE enum lab_zone_hint lab_zone_hint_of(unsigned order, unsigned *ret_value)
{
    if (order <= LAB_ROW_ORDER_MAX) {
        *ret_value = order + 1;
        return LAB_ZONE_OPEN;
    }
    *ret_value = order - LAB_ROW_ORDER_MAX;
    return LAB_ZONE_ROWS;
}

/* The block now has a free run of that order. */
LAB_INLINE void lab_zone_raise(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t block,
                               unsigned order)
{
    unsigned value;
    enum lab_zone_hint hint = lab_zone_hint_of(order, &value);

    if (lab_unlikely(lab_zone_hint(zone, hint, block) < value))
        lab_zone_raise_slow(zone, me, block, hint, value);
}

#endif
