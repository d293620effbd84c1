/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What the dead left in transit. How an orphan is told stands in lab_block.h. */

#include <errno.h>
#include <lab_zone_search.h>

/* In an intent: its thread is known to be dead. Two that died over the same row would otherwise
 * each be taken for alive when the other is swept. */
#define INTENT_OF_DEAD (UINT64_C(1) << 63)

/* Whether a living lcore says that it is in transit there. Read after the sight of the row, so
 * that of an lcore that was swept and lives again no word of its former life is read. */
static bool is_claimed(const struct lab_zone *zone, uint64_t intent)
{
    const struct lab_zone_lcore *end = zone->lcore + zone->lcores + LAB_ZONE_GUESTS;

    for (const struct lab_zone_lcore *lcore = zone->lcore; lcore < end; lcore++)
        /* G10: or an intent is found gone, and what was done under it is not seen */
        if (lab_load_acquire(&lcore->intent) == intent)
            return true;
    return false;
}

static int sweep_one(struct lab_zone *zone, struct lab_zone_lcore *dead)
{
    uint64_t intent = lab_load_acquire(&dead->intent) & ~INTENT_OF_DEAD;
    struct lab_block_orphan orphan;

    if (intent - 1 >= (uint64_t)zone->blocks * LAB_BLOCK_ROWS) {
        lab_store_relaxed(&dead->intent, 0); /* 0 already, or what names no row of this zone */
    } else {
        uint32_t block = (uint32_t)lab_index_bounded((intent - 1) / LAB_BLOCK_ROWS, zone->blocks);
        unsigned row = (unsigned)((intent - 1) % LAB_BLOCK_ROWS);
        struct lab_block *b = &zone->block[block];

        lab_store_relaxed(&dead->intent, intent | INTENT_OF_DEAD);
        if (lab_block_sight(b, row, &orphan)) {
            if (is_claimed(zone, intent) || !lab_block_recover(b, row, &orphan))
                return -EAGAIN;
            lab_zone_raise(zone, dead, block, LAB_BLOCK_ROW_ORDER);
        }
        /* G11: or another sweep finds the intent gone, and the row still as it was */
        lab_store_release(&dead->intent, 0);
    }
    lab_zone_stop_all_work(zone, dead);
    return 0;
}

int lab_zone_sweep(struct lab_zone *zone, uint32_t dead)
{
    struct lab_zone_lcore *guest = &zone->lcore[zone->lcores];
    int rc = 0;

    if (dead < zone->lcores)
        return sweep_one(zone, &zone->lcore[dead]);
    if (dead != LAB_LCORE_ANY)
        return -EINVAL;
    /* All of them, even where one has to be called again: it may wait for the next, which is dead,
     * too. */
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++, guest++) {
        /* Z1: or the words of the place are those of a guest before */
        int failed = lab_load_acquire(&guest->taken) != 0 ? sweep_one(zone, guest) : 0;

        if (failed == 0)
            lab_store_release(&guest->taken, 0); /* Z2: or the next guest misses the sweep */
        else
            rc = failed;
    }
    return rc;
}
