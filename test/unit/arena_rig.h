/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef ARENA_RIG_H
#define ARENA_RIG_H

#include "unit.h"
#include <errno.h>
#include <lab_arena_node.h>
#include <string.h>
#include <zone_invariants.h>

/* An arena over memory of the test's own. */

#define MIB ((size_t)1 << 20)

/* In pages: all of one block. */
enum { BLOCK = LAB_BLOCK_PAGES, LCORES = 4, RIG_ZONES = 3 };

static const uint64_t no_watermarks[LAB_PAGE_WATERMARKS] = {0, 0, 1};

struct arena_rig {
    struct lab_arena *arena;
    void *home;
    void *memory[RIG_ZONES];
};

static inline void *aligned(size_t alignment, size_t bytes)
{
    void *memory = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);

    assert_non_null(memory);
    return memset(memory, 0, bytes);
}

/* Zones as they are asked for, with memory. */
static inline void arena_rig_make(struct arena_rig *rig, struct lab_arena_options options)
{
    struct lab_arena_zone zone[RIG_ZONES];
    struct lab_error error = {0};
    size_t bytes;

    *rig = (struct arena_rig){0};
    for (uint32_t i = 0; i < options.zones; i++) {
        zone[i] = options.zone[i];
        rig->memory[i] = zone[i].memory = aligned(2 * MIB, zone[i].bytes);
    }
    options.zone = zone;
    options.name = "unit";
    options.lcores = LCORES;
    assert_int_equal(lab_arena_footprint(&options, &bytes, &error), 0);
    rig->home = aligned(LAB_CACHE_LINE, bytes);
    if (lab_arena_init(rig->home, &options, &rig->arena, &error) != 0)
        fail_msg("%s", error.message);
}

/* One zone of that number of blocks. */
static inline void arena_rig_make_one(struct arena_rig *rig, struct lab_arena_zone zone)
{
    arena_rig_make(rig, (struct lab_arena_options){.zone = &zone, .zones = 1});
}

static inline void arena_rig_unmake(struct arena_rig *rig)
{
    for (int i = 0; i < RIG_ZONES; i++)
        free(rig->memory[i]);
    free(rig->home);
}

/* Every word of every zone is as it was, and so are the counts, once the deques are empty. */
static inline void expect_arena_free(struct lab_arena *arena)
{
    for (uint32_t lcore = 0; lcore < LCORES; lcore++)
        assert_int_equal(lab_arena_prefer(arena, lcore, LAB_NODE_ANY), 0);

    for (uint32_t i = 0; i < arena->zones; i++) {
        const struct lab_zone *zone = &arena->zone[i];

        for (int part = 0; part < LAB_PAGE_PARTS; part++) {
            struct lab_page_part_map stats = {0};

            if (zone->part[part] == NULL)
                continue;
            assert_null(zone_wrong(zone->part[part], false, NULL));
            lab_zone_stats(zone->part[part], &stats);
            assert_int_equal(stats.free_pages, stats.pages);
        }
        assert_int_equal(lab_level_exact(&zone->level), 0);
        assert_true(lab_zone_is_valid(zone));
    }
}

/* Returns the part, and the zone, in which an address is; fails for one that is in none. */
static inline enum lab_page_part part_of(const struct lab_arena *arena, const void *page,
                                         uint32_t *ret_zone)
{
    for (uint32_t i = 0; i < arena->zones; i++)
        for (unsigned part = 0; part < LAB_PAGE_PARTS; part++) {
            const struct lab_zone *zone = &arena->zone[i];
            const char *from = zone->base + zone->first[part] * LAB_PAGE_BYTES;
            const char *to = zone->base + zone->first[part + 1] * LAB_PAGE_BYTES;

            if ((const char *)page >= from && (const char *)page < to) {
                *ret_zone = i;
                return (enum lab_page_part)part;
            }
        }
    fail_msg("%p is of no zone", page);
    return LAB_PAGE_PARTS;
}

/* Gets allocations until there are no more; returns how many. */
static inline unsigned drain(struct lab_arena *arena, uint32_t lcore, unsigned order, unsigned gfp,
                             void **ret_pages)
{
    unsigned n = 0;

    while (lab_page_alloc(arena, lcore, order, gfp, &ret_pages[n]) == 0)
        n++;
    return n;
}

static inline void put_all(struct lab_arena *arena, uint32_t lcore, unsigned order,
                           void *const *pages, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(lab_page_free(arena, lcore, pages[i], order), 0);
}

#endif
