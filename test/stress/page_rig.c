/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "page_rig.h"
#include <zone_invariants.h>

struct page_rig *page_rig_map(uint32_t blocks, uint32_t lcores)
{
    struct lab_zone_options options = {.name = "stress", .blocks = blocks, .lcores = lcores};
    struct page_rig *rig = stress_map(sizeof(*rig));
    struct lab_error error;
    size_t bytes;

    expect(lab_zone_footprint(&options, &bytes, &error) == 0, "%s", error.message);
    expect(lab_zone_init(stress_map(bytes), &options, &rig->zone, &error) == 0, "%s",
           error.message);
    rig->pages = blocks * LAB_BLOCK_PAGES;
    rig->owner = stress_map(rig->pages * sizeof(*rig->owner));
    rig->plain = stress_map(rig->pages * sizeof(*rig->plain));
    return rig;
}

void page_rig_mark(struct page_rig *rig, uint64_t who, struct page_held held)
{
    expect(held.page % (1u << held.order) == 0 && held.page < rig->pages, "no such page");
    for (uint32_t page = held.page; page < held.page + (1u << held.order); page++) {
        uint64_t owner = 0;

        expect(lab_cas_relaxed(&rig->owner[page], &owner, who), "%llu holds page %u, %llu got it",
               (unsigned long long)owner, page, (unsigned long long)who);
        expect(rig->plain[page] == 0, "what a former holder of page %u did has not arrived", page);
        rig->plain[page] = who;
    }
}

void page_rig_unmark(struct page_rig *rig, uint64_t who, struct page_held held)
{
    for (uint32_t page = held.page; page < held.page + (1u << held.order); page++) {
        uint64_t owner = who;

        expect(rig->plain[page] == who, "somebody else wrote into page %u", page);
        rig->plain[page] = 0;
        expect(lab_cas_relaxed(&rig->owner[page], &owner, 0), "%llu holds page %u, %llu puts it",
               (unsigned long long)owner, page, (unsigned long long)who);
    }
}

unsigned page_rig_order(uint64_t *random)
{
    return random_below(random, 2) ? random_below(random, 2)
                                   : random_below(random, LAB_PAGE_ORDERS);
}

void page_rig_expect_all_free(const struct page_rig *rig)
{
    const char *wrong = zone_wrong(rig->zone, false, NULL);
    struct lab_zone_stats stats;

    expect(wrong == NULL, "%s", wrong);
    lab_zone_stats(rig->zone, &stats);
    expect(stats.free_pages == stats.pages, "%llu of %llu pages are free",
           (unsigned long long)stats.free_pages, (unsigned long long)stats.pages);
    for (uint32_t page = 0; page < rig->pages; page++)
        expect(lab_load_relaxed(&rig->owner[page]) == 0, "page %u is held", page);
}
