/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making a part, counting what is free in it, and sweeping rows that the dead left in transit
 * (lab_block.h says how such an orphan is found). */

#include <errno.h>
#include <lab_place.h>
#include <lab_zone_search.h>
#include <string.h>

static uint32_t groups_of(uint32_t blocks)
{
    return (blocks + LAB_BYTES_GROUP - 1) / LAB_BYTES_GROUP;
}

/* A part, and where the rest of it lies, from *end on. */
static struct lab_zone_part plan_zone(uint32_t blocks, uint32_t lcores, size_t *end)
{
    struct lab_zone_part part = {
        .magic = LAB_ZONE_MAGIC, .blocks = blocks, .lcores = lcores, .groups = groups_of(blocks)};

    (void)lab_place(end, sizeof(part));
    part.lcore = (void *)lab_place(end, (lcores + LAB_ZONE_GUESTS) * sizeof(*part.lcore));
    for (int i = 0; i < LAB_ZONE_HINTS; i++)
        part.hint[i] = (void *)lab_place(end, (size_t)part.groups * LAB_BYTES_GROUP);
    part.block = (void *)lab_place(end, (size_t)blocks * sizeof(*part.block));
    return part;
}

/* Lcores begin their searches far from each other, guests anywhere among them. */
static void init_lcore(struct lab_zone_lcore *lcore, const struct lab_zone_part *part,
                       uint32_t index)
{
    memset(lcore->at, 0xff, sizeof(lcore->at)); /* LAB_PAGE_NONE */
    lcore->home = (uint32_t)((uint64_t)(index % part->lcores) * part->groups / part->lcores);
    for (int i = 0; i < LAB_ZONE_CURSORS; i++)
        lcore->cursor[i] = lcore->home;
}

size_t lab_zone_footprint(uint32_t blocks, uint32_t lcores)
{
    size_t end = 0;

    (void)plan_zone(blocks, lcores, &end);
    return end;
}

struct lab_zone_part *lab_zone_init(void *memory, uint32_t blocks, uint32_t lcores)
{
    size_t end = (size_t)(uintptr_t)memory;
    struct lab_zone_part *part = memory;

    *part = plan_zone(blocks, lcores, &end);
    for (uint32_t i = 0; i < lcores + LAB_ZONE_GUESTS; i++)
        init_lcore(&part->lcore[i], part, i);
    for (uint32_t i = 0; i < blocks; i++) {
        lab_block_init(&part->block[i]);
        lab_byte_store_relaxed(&part->hint[LAB_ZONE_ROWS][i],
                               LAB_PAGE_ORDERS - 1 - LAB_ROW_ORDER_MAX);
    }
    lab_invariant(lab_zone_part_is_valid(part));
    return part;
}

static void add_block(const struct lab_block *block, struct lab_page_part_map *stats)
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
    stats->free_pages += free;
    stats->blocks_free += free == LAB_BLOCK_PAGES;
    stats->blocks_full += free == 0;
    stats->blocks_mixed += free != 0 && free != LAB_BLOCK_PAGES;
}

void lab_zone_stats(const struct lab_zone_part *part, struct lab_page_part_map *ret_stats)
{
    struct lab_page_part_map stats = {.pages = (uint64_t)part->blocks * LAB_BLOCK_PAGES,
                                      .largest = -1};

    for (uint32_t block = 0; block < part->blocks; block++)
        add_block(&part->block[block], &stats);
    *ret_stats = stats;
}

bool lab_zone_part_is_valid(const struct lab_zone_part *part)
{
    bool valid = part->magic == LAB_ZONE_MAGIC && part->groups == groups_of(part->blocks);

    for (uint32_t i = 0; i < part->lcores + LAB_ZONE_GUESTS; i++)
        valid = valid && lab_load_relaxed(&part->lcore[i].intent) == 0;
    for (uint32_t i = 0; i < part->blocks; i++)
        valid = valid && lab_block_is_valid(&part->block[i]);
    return valid;
}

/* In an intent: its thread is known to be dead. Two that died over the same row would otherwise
 * each be taken for alive when the other is swept. */
#define INTENT_OF_DEAD (UINT64_C(1) << 63)

/* Whether a living lcore's intent names that row. The intents are read after the row was found in
 * transit: an lcore that was swept and lives again is not read with a word of its former life. */
static bool has_living_intent(const struct lab_zone_part *part, uint64_t intent)
{
    const struct lab_zone_lcore *end = part->lcore + part->lcores + LAB_ZONE_GUESTS;

    for (const struct lab_zone_lcore *lcore = part->lcore; lcore < end; lcore++)
        /* G10: or an intent is found gone, and what was done under it is not seen */
        if (lab_load_acquire(&lcore->intent) == intent)
            return true;
    return false;
}

static int sweep_one(struct lab_zone_part *part, struct lab_zone_lcore *dead)
{
    uint64_t intent = lab_load_acquire(&dead->intent) & ~INTENT_OF_DEAD;
    struct lab_block_orphan orphan;

    if (intent - 1 >= (uint64_t)part->blocks * LAB_BLOCK_ROWS) {
        lab_store_relaxed(&dead->intent, 0); /* 0 already, or what names no row of this part */
    } else {
        uint32_t block = (uint32_t)lab_index_bounded((intent - 1) / LAB_BLOCK_ROWS, part->blocks);
        unsigned row = (unsigned)((intent - 1) % LAB_BLOCK_ROWS);
        struct lab_block *b = &part->block[block];

        lab_store_relaxed(&dead->intent, intent | INTENT_OF_DEAD);
        if (lab_block_find_orphan(b, row, &orphan)) {
            if (has_living_intent(part, intent) || !lab_block_recover(b, row, &orphan))
                return -EAGAIN;
            lab_zone_raise(part, dead, block, LAB_BLOCK_ROW_ORDER);
        }
        /* G11: or another sweep finds the intent gone, and the row still as it was */
        lab_store_release(&dead->intent, 0);
    }
    lab_zone_stop_all_work(part, dead);
    return 0;
}

int lab_zone_sweep(struct lab_zone_part *part, uint32_t dead)
{
    struct lab_zone_lcore *guest = &part->lcore[part->lcores];
    int rc = 0;

    if (dead < part->lcores)
        return sweep_one(part, &part->lcore[dead]);
    if (dead != LAB_LCORE_ANY)
        return -EINVAL;
    /* All guests, even when one of them has to be swept again: its row may be that of the next one,
     * which is dead, too. */
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++, guest++) {
        /* Z1: or the words of the place are those of a guest before */
        int failed = lab_load_acquire(&guest->taken) != 0 ? sweep_one(part, guest) : 0;

        if (failed == 0)
            lab_store_release(&guest->taken, 0); /* Z2: or the next guest misses the sweep */
        else
            rc = failed;
    }
    return rc;
}
