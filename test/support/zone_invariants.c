/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "zone_invariants.h"

/* One level: `places` of them, taken and heads as two masks. Writes each allocation's order and 1,
 * with `unit` entries a place. Whether every allocation has a size and a place that it may have. */
static bool read_shapes(uint32_t taken, uint32_t heads, unsigned places, unsigned first_order,
                        uint8_t *ret_order)
{
    unsigned unit = 1u << first_order, length;

    for (unsigned place = 0; place < places; place += length) {
        unsigned order = 0;

        length = 1;
        if (!(taken >> place & 1)) {
            if (heads >> place & 1)
                return false;
            continue;
        }
        if (!(heads >> place & 1))
            return false;
        while (place + length < places && taken >> (place + length) & 1 &&
               !(heads >> (place + length) & 1))
            length++;
        while (1u << order < length)
            order++;
        if (1u << order != length || place % length != 0)
            return false;
        for (unsigned i = 0; i < length * unit; i++)
            ret_order[place * unit + i] = ZONE_TAIL;
        ret_order[place * unit] = (uint8_t)(first_order + order + 1);
    }
    return true;
}

static const char *block_wrong(const struct lab_block *block, bool may_be_empty, uint8_t *ret_order)
{
    uint64_t state = lab_load_relaxed(&block->state);
    uint32_t a = (uint32_t)state & 0xffff, b = (uint32_t)(state >> LAB_BLOCK_ROWS) & 0xffff;

    for (unsigned i = 0; i < LAB_BLOCK_PAGES; i++)
        ret_order[i] = 0;
    if (!read_shapes(a, a & b, LAB_BLOCK_ROWS, LAB_BLOCK_ROW_ORDER, ret_order))
        return "rows are allocated in a shape that there is not";
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++) {
        uint64_t word = lab_load_relaxed(&block->row[row]);

        if (!lab_block_state_is_split(state, row)) {
            if (!lab_row_is_closed(word))
                return "a row is open that is not split";
            continue;
        }
        if (lab_row_is_closed(word))
            return "a row is in transit";
        if (lab_row_is_empty(word) && !may_be_empty)
            return "a row is open and empty";
        if (!read_shapes((uint32_t)word, (uint32_t)(word >> 32), LAB_ROW_PAGES, 0,
                         ret_order + (size_t)row * LAB_ROW_PAGES))
            return "pages are allocated in a shape that there is not";
    }
    return NULL;
}

const char *zone_wrong(const struct lab_zone *zone, bool may_be_empty, uint8_t *ret_order)
{
    uint8_t order[LAB_BLOCK_PAGES];

    for (uint32_t i = 0; i < zone->lcores + LAB_ZONE_GUESTS; i++)
        if (lab_load_relaxed(&zone->lcore[i].intent) != 0)
            return "an lcore is in transit";
    for (uint32_t i = 0; i < zone->blocks; i++) {
        uint8_t *at = ret_order != NULL ? ret_order + (size_t)i * LAB_BLOCK_PAGES : order;
        const char *wrong = block_wrong(&zone->block[i], may_be_empty, at);

        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}
