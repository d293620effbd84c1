/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What a zone tells about itself. Reads only. */

#include <lab_zone.h>

static void add_block(const struct lab_block *block, struct lab_zone_stats *stats)
{
    uint64_t state = lab_load_relaxed(&block->state), free = 0;
    uint32_t in_rows[LAB_RUN_ORDERS] = {0}, of_rows[LAB_RUN_ORDERS] = {0};

    lab_run_count(lab_block_state_free(state), of_rows);
    for (unsigned row = 0; row < LAB_BLOCK_ROWS; row++)
        if (lab_block_state_is_split(state, row))
            lab_run_count(lab_row_free(lab_load_relaxed(&block->row[row])), in_rows);
    /* A row that is open and empty is a run of order 5 in the end, though it is not one yet. */
    for (unsigned order = 0; order < LAB_PAGE_ORDERS; order++) {
        uint32_t runs = order < LAB_RUN_ORDERS ? in_rows[order] : 0;

        if (order >= LAB_BLOCK_ROW_ORDER)
            runs += of_rows[order - LAB_BLOCK_ROW_ORDER];
        stats->runs[order] += runs;
        free += (uint64_t)runs << order;
        if (runs != 0 && (int)order > stats->largest)
            stats->largest = (int)order;
    }
    stats->rows_split += (uint32_t)__builtin_popcount(lab_block_state_splits(state));
    stats->free_pages += free;
    stats->blocks_free += free == LAB_BLOCK_PAGES;
    stats->blocks_full += free == 0;
    stats->blocks_mixed += free != 0 && free != LAB_BLOCK_PAGES;
}

void lab_zone_stats(const struct lab_zone *zone, struct lab_zone_stats *ret_stats)
{
    struct lab_zone_stats stats = {.pages = (uint64_t)zone->blocks * LAB_BLOCK_PAGES,
                                   .largest = -1};

    for (uint32_t block = 0; block < zone->blocks; block++)
        add_block(&zone->block[block], &stats);
    *ret_stats = stats;
}
