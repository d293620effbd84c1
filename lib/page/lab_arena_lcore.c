/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* An lcore in an arena: the zone that it prefers, and what it leaves when it dies. */

#include <errno.h>
#include <lab_arena_cache.h>

int lab_arena_prefer(struct lab_arena *arena, uint32_t lcore, int node)
{
    uint32_t present = lab_arena_present(arena);

    if (lcore >= arena->lcores)
        return -EINVAL;
    for (uint32_t i = 0; i < present; i++)
        if (node == LAB_NODE_ANY || arena->zone[i].node == node) {
            lab_arena_cache_flush(arena, lcore + 1);
            lab_arena_set_home(arena, lcore + 1, i);
            return 0;
        }
    return -ENOENT;
}

int lab_arena_sweep(struct lab_arena *arena, uint32_t dead)
{
    for (uint32_t i = 0; i < lab_arena_present(arena); i++) {
        struct lab_zone *zone = &arena->zone[i];
        uint64_t cleaner = dead + 2ull;

        for (int part = 0; part < LAB_PAGE_PARTS; part++) {
            int rc = zone->part[part] != NULL ? lab_zone_sweep(zone->part[part], dead) : 0;

            if (rc != 0)
                return rc;
        }
        (void)lab_cas_acq_rel(&zone->cleaner.busy, &cleaner, 0);
        lab_page_unlock_all(zone, dead);
    }
    lab_arena_cache_drain_dead(arena, dead + 1);
    return 0;
}
