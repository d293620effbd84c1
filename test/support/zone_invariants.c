/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "zone_invariants.h"
#include <string.h>

/* Allocations of one level, which is valid, with `1 << first_order` entries a place. */
static void read_orders(uint32_t taken, uint32_t heads, unsigned first_order, uint8_t *ret_order)
{
    unsigned unit = 1u << first_order, head = 0;

    for (unsigned place = 0; place < 32; place++) {
        unsigned order = 0;

        if (!(taken >> place & 1))
            continue;
        memset(ret_order + place * unit, ZONE_TAIL, unit);
        if (heads >> place & 1)
            head = place;
        while (1u << order < place - head + 1)
            order++;
        ret_order[head * unit] = (uint8_t)(first_order + order + 1);
    }
}

static bool read_block(const struct lab_block *block, bool may_be_empty, uint8_t *ret_order)
{
    uint64_t state = lab_load_relaxed(&block->state);
    uint32_t a = (uint32_t)state & 0xffff, b = (uint32_t)(state >> LAB_BLOCK_ROWS) & 0xffff;

    memset(ret_order, 0, LAB_BLOCK_PAGES);
    read_orders(a, a & b, LAB_BLOCK_ROW_ORDER, ret_order);
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++) {
        uint64_t word = lab_load_relaxed(&block->row[row]);

        if (!lab_block_state_is_split(state, row))
            continue;
        if (lab_row_is_empty(word) && !may_be_empty)
            return false;
        read_orders((uint32_t)word, (uint32_t)(word >> LAB_ROW_PAGES), 0,
                    ret_order + (size_t)row * LAB_ROW_PAGES);
    }
    return true;
}

const char *zone_wrong(const struct lab_zone_part *part, bool may_be_empty, uint8_t *ret_order)
{
    uint8_t order[LAB_BLOCK_PAGES];

    if (!lab_zone_part_is_valid(part))
        return "the zone is not valid";
    for (uint32_t i = 0; i < part->blocks; i++) {
        uint8_t *at = ret_order != NULL ? ret_order + (size_t)i * LAB_BLOCK_PAGES : order;

        if (!read_block(&part->block[i], may_be_empty, at))
            return "a row is open and empty";
    }
    return NULL;
}
