/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_zone_search.h>

/* The largest number of a hint byte, for either hint. */
#define HINT_MAX 5u

/* While there is plenty, a search that has found a block looks at this number of groups, including
 * that one, for a better fit. More gained nothing and cost time. */
#define WINDOW 4u

/* There is plenty when more than one block in PLENTY_SHARE is whole. Every SAMPLE_EVERY searches
 * that is counted, which reads one byte for each block. */
#define PLENTY_SHARE 4u
#define SAMPLE_EVERY 64u

/* The first block of a group with just this hint. */
static bool find_exactly(const lab_byte_t *group, unsigned number, bool others, uint32_t *ret_first)
{
    uint32_t found =
        lab_bytes_at_least(group, number, others) & ~lab_bytes_at_least(group, number + 1, others);

    if (found == 0)
        return false;
    *ret_first = (uint32_t)__builtin_ctz(found);
    return true;
}

/* Inline, since the loop is for either value of `others` one of its own. */
LAB_INLINE uint32_t search(struct lab_zone_part *part, struct lab_zone_lcore *me,
                           enum lab_zone_hint hint, unsigned order, bool others,
                           uint32_t most_groups)
{
    uint32_t *cursor = &me->cursor[order < LAB_PAGE_ORDERS - 1 ? (int)hint : LAB_ZONE_AT_WHOLE];
    unsigned of_rows = order > LAB_ROW_ORDER_MAX ? order - LAB_ROW_ORDER_MAX : 1;
    unsigned least = hint == LAB_ZONE_OPEN ? order + 1 : of_rows;
    const lab_byte_t *hints = part->hint[hint];
    uint32_t start = (uint32_t)lab_index_bounded(*cursor, part->groups);
    uint32_t best = LAB_PAGE_NONE, first_seen = 0;
    uint32_t left = most_groups < part->groups ? most_groups : part->groups;
    unsigned better_than = HINT_MAX + 1;

    for (uint32_t group = start; left > 0 && better_than > least; left--) {
        const lab_byte_t *bytes = hints + (size_t)group * LAB_BYTES_GROUP;
        unsigned number = least;
        uint32_t first;

        if (lab_unlikely(lab_bytes_at_least(bytes, number, others) != 0)) {
            if (best == LAB_PAGE_NONE) {
                first_seen = group;
                if (me->plenty && left > WINDOW)
                    left = WINDOW;
            }
            while (number < better_than && !find_exactly(bytes, number, others, &first))
                number++;
            if (number < better_than) {
                best = group * LAB_BYTES_GROUP + first;
                better_than = number;
            }
        }
        group = group + 1 < part->groups ? group + 1 : 0;
    }
    /* Nothing is before what was seen first, unless the search began anew from 0. */
    if (best != LAB_PAGE_NONE && start <= first_seen)
        *cursor = first_seen;
    /* Behind the last block's byte are zeros, unless others have written there. */
    return best == LAB_PAGE_NONE ? best : (uint32_t)lab_index_bounded(best, part->blocks);
}

uint32_t lab_zone_search(struct lab_zone_part *part, struct lab_zone_lcore *me,
                         enum lab_zone_hint hint, unsigned order, bool others, uint32_t most_groups)
{
    return lab_likely(!others) ? search(part, me, hint, order, false, most_groups)
                               : search(part, me, hint, order, true, most_groups);
}

/* The largest order in the block's open rows and 1, or 0. */
static unsigned open_number(const struct lab_block *block)
{
    uint32_t rows = lab_block_state_splits(lab_load_relaxed(&block->state));
    unsigned number = 0;

    for (; rows != 0; rows &= rows - 1) {
        uint32_t free = lab_row_free(lab_load_relaxed(&block->row[__builtin_ctz(rows)]));

        while (number < HINT_MAX && lab_run_starts(free, number) != 0)
            number++;
    }
    return number;
}

static unsigned rows_number(const struct lab_block *block)
{
    unsigned order = lab_block_largest_in_rows(lab_load_relaxed(&block->state));

    return order != 0 ? order - LAB_ROW_ORDER_MAX : 0;
}

void lab_zone_start_work(struct lab_zone_part *part, struct lab_zone_place *at, uint32_t block)
{
    at->block = block;
    for (int i = 0; i < LAB_ZONE_HINTS; i++) {
        lab_byte_t *byte = &part->hint[i][block];

        lab_byte_store_relaxed(byte, lab_byte_load_relaxed(byte) | LAB_BYTES_FLAG);
    }
}

void lab_zone_refresh_rows(struct lab_zone_part *part, uint32_t block)
{
    lab_zone_set_hint(part, LAB_ZONE_ROWS, block, rows_number(&part->block[block]));
}

void lab_zone_leave_block(struct lab_zone_part *part, uint32_t block)
{
    const struct lab_block *b = &part->block[block];

    lab_byte_store_relaxed(&part->hint[LAB_ZONE_ROWS][block], (uint8_t)rows_number(b));
    lab_byte_store_relaxed(&part->hint[LAB_ZONE_OPEN][block], (uint8_t)open_number(b));
}

void lab_zone_stop_work(struct lab_zone_part *part, struct lab_zone_place *at)
{
    if (at->block != LAB_PAGE_NONE)
        lab_zone_leave_block(part, lab_zone_block_at(part, at));
    at->block = LAB_PAGE_NONE;
}

void lab_zone_stop_all_work(struct lab_zone_part *part, struct lab_zone_lcore *lcore)
{
    for (int lifetime = 0; lifetime < LAB_ZONE_CLASSES; lifetime++)
        for (int group = 0; group < LAB_ZONE_GROUPS; group++)
            lab_zone_stop_work(part, &lcore->at[lifetime][group]);
}

/* A cursor falls back to what has become free before it, so that low blocks are filled first. */
static void fall_back(struct lab_zone_lcore *me, int cursor, uint32_t group)
{
    if (group < me->cursor[cursor] && group >= me->home)
        me->cursor[cursor] = group;
}

LAB_NOINLINE void lab_zone_raise_slow(struct lab_zone_part *part, struct lab_zone_lcore *me,
                                      uint32_t block, enum lab_zone_hint hint, unsigned value)
{
    uint32_t group = block / LAB_BYTES_GROUP;

    if (hint == LAB_ZONE_OPEN &&
        !(lab_byte_load_relaxed(&part->hint[hint][block]) & LAB_BYTES_FLAG))
        me->quiet = 0; /* an open row is near, or elsewhere */
    lab_zone_set_hint(part, hint, block, value);
    fall_back(me, (int)hint, group);
    if (hint == LAB_ZONE_ROWS && value == HINT_MAX)
        fall_back(me, LAB_ZONE_AT_WHOLE, group);
}

void lab_zone_sample_free(struct lab_zone_part *part, struct lab_zone_lcore *me)
{
    uint32_t whole = 0;

    if (me->searches++ % SAMPLE_EVERY != 0)
        return;
    for (uint32_t group = 0; group < part->groups; group++) {
        const lab_byte_t *bytes = part->hint[LAB_ZONE_ROWS] + (size_t)group * LAB_BYTES_GROUP;

        whole += (uint32_t)__builtin_popcount(lab_bytes_at_least(bytes, HINT_MAX, false));
    }
    me->plenty = whole > part->blocks / PLENTY_SHARE;
}
