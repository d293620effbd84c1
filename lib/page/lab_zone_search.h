/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ZONE_SEARCH_H
#define LAB_ZONE_SEARCH_H

/* Shared by the files of a part: the hint bytes and the search through them (advice on where to
 * look, never on what is free), and how every call begins and ends. For lib/page alone.
 *
 *     Z1 a guest's place is taken acquire   pairs with Z2
 *     Z2 a guest's place is left  release   pairs with Z1 */

#include <lab_index.h>
#include <lab_zone.h>
#include <string.h>

/* How far a search goes, in groups of LAB_BYTES_GROUP blocks. Near is 512 MiB. */
#define LAB_ZONE_NEAR 8u
#define LAB_ZONE_FAR UINT32_MAX

/* Of the blocks whose hint says that they have runs of that order, the first with the smallest
 * hint; LAB_PAGE_NONE when there is none within that many groups. `others`: also where other lcores
 * work. Wait-free. */
uint32_t lab_zone_search(struct lab_zone_part *part, struct lab_zone_lcore *me,
                         enum lab_zone_hint hint, unsigned order, bool others,
                         uint32_t most_groups);

/* The hints become what the block has; nobody works in it. */
void lab_zone_leave_block(struct lab_zone_part *part, uint32_t block);

/* The lcore begins to work in a block, or leaves the one it works in, for one purpose or for all.
 */
void lab_zone_start_work(struct lab_zone_part *part, struct lab_zone_place *at, uint32_t block);
void lab_zone_stop_work(struct lab_zone_part *part, struct lab_zone_place *at);
void lab_zone_stop_all_work(struct lab_zone_part *part, struct lab_zone_lcore *lcore);

/* Corrects the free rows' hint alone. */
void lab_zone_refresh_rows(struct lab_zone_part *part, uint32_t block);

/* Counts whole blocks, now and then: with plenty of them a search may look near only. */
void lab_zone_sample_free(struct lab_zone_part *part, struct lab_zone_lcore *me);

/* The rest of lab_zone_raise(). */
void lab_zone_raise_slow(struct lab_zone_part *part, struct lab_zone_lcore *me, uint32_t block,
                         enum lab_zone_hint hint, unsigned value);

/* The block that an lcore works in. Its place lies in memory that others may write, too: one that
 * is out of range finds block 0. */
LAB_INLINE uint32_t lab_zone_block_at(const struct lab_zone_part *part,
                                      const struct lab_zone_place *at)
{
    return (uint32_t)lab_index_bounded(at->block, part->blocks);
}

LAB_INLINE unsigned lab_zone_row_at(const struct lab_zone_place *at)
{
    return at->row % LAB_BLOCK_ROWS;
}

/* The block of a page, which must be one of the part: that it is has been checked. */
LAB_INLINE uint32_t lab_zone_block_of(const struct lab_zone_part *part, uint32_t page)
{
    return (uint32_t)lab_index_bounded(page / LAB_BLOCK_PAGES, part->blocks);
}

LAB_INLINE unsigned lab_zone_hint(const struct lab_zone_part *part, enum lab_zone_hint hint,
                                  uint32_t block)
{
    return lab_byte_load_relaxed(&part->hint[hint][block]) & ~LAB_BYTES_FLAG;
}

/* Stores the hint's number and leaves its flag. */
LAB_INLINE void lab_zone_set_hint(struct lab_zone_part *part, enum lab_zone_hint hint,
                                  uint32_t block, unsigned value)
{
    lab_byte_t *byte = &part->hint[hint][block];

    lab_byte_store_relaxed(byte, (uint8_t)((lab_byte_load_relaxed(byte) & LAB_BYTES_FLAG) | value));
}

/* The block now has a free run of that order. */
LAB_INLINE void lab_zone_raise(struct lab_zone_part *part, struct lab_zone_lcore *me,
                               uint32_t block, unsigned order)
{
    bool open = order <= LAB_ROW_ORDER_MAX;
    enum lab_zone_hint hint = open ? LAB_ZONE_OPEN : LAB_ZONE_ROWS;
    unsigned value = open ? order + 1 : order - LAB_ROW_ORDER_MAX;

    if (lab_unlikely(lab_zone_hint(part, hint, block) < value))
        lab_zone_raise_slow(part, me, block, hint, value);
}

/* Names the block's rows while the lcore is in transit with one of them. */
LAB_INLINE struct lab_block_transit lab_zone_transit_of(struct lab_zone_lcore *me, uint32_t block)
{
    return (struct lab_block_transit){&me->intent, 1 + (uint64_t)block * LAB_BLOCK_ROWS};
}

/* A caller's lcore, or the first guest's place that nobody is in. Threads without an id that find
 * none use *late instead, without an intent. NULL: there is no such lcore. */
static inline struct lab_zone_lcore *lab_zone_enter(struct lab_zone_part *part, uint32_t lcore,
                                                    struct lab_zone_lcore *late)
{
    struct lab_zone_lcore *guest = &part->lcore[part->lcores];

    if (lab_likely(lcore < part->lcores))
        return &part->lcore[lcore];
    if (lcore != LAB_LCORE_ANY)
        return NULL;
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++, guest++) {
        uint64_t free = 0;

        /* Z1: or what the guest before wrote comes later than what this one does */
        if (lab_load_relaxed(&guest->taken) == 0 && lab_cas_acquire(&guest->taken, &free, 1))
            return guest;
    }
    memset(late, 0, sizeof(*late));
    memset(late->at, 0xff, sizeof(late->at)); /* LAB_PAGE_NONE */
    late->no_intent = true;
    return late;
}

static inline void lab_zone_leave(struct lab_zone_part *part, struct lab_zone_lcore *me,
                                  uint32_t lcore)
{
    if (lab_likely(lcore != LAB_LCORE_ANY))
        return;
    if (me->no_intent)
        lab_zone_stop_all_work(part, me);
    else
        lab_store_release(&me->taken, 0); /* Z2: or the next guest does not see what it wrote */
}

/* Whether an allocation of that order may begin at the page. */
LAB_INLINE bool lab_zone_has(const struct lab_zone_part *part, uint32_t page, unsigned order)
{
    return order < LAB_PAGE_ORDERS && page / LAB_BLOCK_PAGES < part->blocks &&
           (page & ((1u << order) - 1)) == 0;
}

#endif
