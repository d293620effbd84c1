/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "page_rig.h"
#include <errno.h>
#include <zone_invariants.h>

/* An arena's pages are where there is no memory. */
#define BASE ((char *)UINT64_C(0x200000000000))

enum { BULK_MAX = 256 };

static void map_owners(struct page_rig *rig, uint32_t blocks)
{
    rig->pages = blocks * LAB_BLOCK_PAGES;
    rig->owner = stress_map(rig->pages * sizeof(*rig->owner));
    rig->plain = stress_map(rig->pages * sizeof(*rig->plain));
}

struct page_rig *page_rig_map_arena(uint32_t blocks, uint32_t lcores, bool shared)
{
    const struct lab_arena_zone zone = {
        .bytes = blocks * LAB_BLOCK_PAGES * LAB_PAGE_BYTES, .memory = BASE, .watermark = {0, 0, 1}};
    const struct lab_arena_options options = {.name = "stress",
                                              .zone = &zone,
                                              .zones = 1,
                                              .lcores = lcores,
                                              .caches = lcores - 1,
                                              .shared = shared,
                                              .cached_orders = 1u << 2 | 1u << 6};
    struct page_rig *rig = stress_map(sizeof(*rig));
    struct lab_error error;
    size_t bytes;

    expect(lab_arena_footprint(&options, &bytes, &error) == 0, "%s", error.message);
    expect(lab_arena_init(stress_map(bytes), &options, &rig->arena, &error) == 0, "%s",
           error.message);
    rig->part = rig->arena->zone[0].part[LAB_PAGE_COMMON];
    map_owners(rig, blocks);
    return rig;
}

static unsigned class_of(uint64_t *random)
{
    static const unsigned classes[] = {LAB_GFP_ATOMIC, LAB_GFP_NOWAIT, LAB_GFP_NOWAIT,
                                       LAB_GFP_WAIT};

    return classes[random_below(random, 4)];
}

static uint32_t number_of(const void *page)
{
    return (uint32_t)((size_t)((const char *)page - BASE) / LAB_PAGE_BYTES);
}

int page_rig_alloc(struct page_rig *rig, uint32_t lcore, unsigned order, uint64_t *random,
                   uint32_t *ret_page)
{
    void *page;
    int rc;

    if (rig->arena == NULL)
        return lab_zone_alloc(rig->part, lcore, order, random_below(random, LAB_ZONE_CLASSES),
                              ret_page);
    rc = lab_page_alloc(rig->arena, lcore, order, class_of(random), &page);
    if (rc == 0)
        *ret_page = number_of(page);
    return rc;
}

int page_rig_alloc_bulk(struct page_rig *rig, uint32_t lcore, unsigned order, uint64_t *random,
                        uint32_t *ret_pages, unsigned n, unsigned *ret_n)
{
    void *pages[BULK_MAX];
    int rc;

    if (rig->arena == NULL)
        return lab_zone_alloc_bulk(rig->part, lcore, order, random_below(random, LAB_ZONE_CLASSES),
                                   ret_pages, n, ret_n);
    rc = lab_page_alloc_bulk(rig->arena, lcore, order, class_of(random), pages, n);
    *ret_n = rc == 0 ? n : 0;
    for (unsigned i = 0; i < *ret_n; i++)
        ret_pages[i] = number_of(pages[i]);
    return rc;
}

int page_rig_free(struct page_rig *rig, uint32_t lcore, struct page_held held)
{
    if (rig->arena == NULL)
        return lab_zone_free(rig->part, lcore, held.page, held.order);
    return lab_page_free(rig->arena, lcore, BASE + held.page * LAB_PAGE_BYTES, held.order);
}

int page_rig_free_bulk(struct page_rig *rig, uint32_t lcore, unsigned order, const uint32_t *pages,
                       unsigned n, unsigned *ret_n)
{
    void *addresses[BULK_MAX];

    if (rig->arena == NULL)
        return lab_zone_free_bulk(rig->part, lcore, order, pages, n, ret_n);
    for (unsigned i = 0; i < n; i++)
        addresses[i] = BASE + pages[i] * LAB_PAGE_BYTES;
    return lab_page_free_bulk(rig->arena, lcore, order, addresses, n, ret_n);
}

struct page_rig *page_rig_map(uint32_t blocks, uint32_t lcores)
{
    struct page_rig *rig = stress_map(sizeof(*rig));

    rig->part = lab_zone_init(stress_map(lab_zone_footprint(blocks, lcores)), blocks, lcores);
    map_owners(rig, blocks);
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

void page_rig_sweep(struct page_rig *rig, uint32_t dead)
{
    int rc;

    do {
        rc = rig->arena != NULL ? lab_arena_sweep(rig->arena, dead)
                                : lab_zone_sweep(rig->part, dead);
        if (rc == -EAGAIN)
            sleep_ms(0.01);
    } while (rc == -EAGAIN);
    expect(rc == 0, "a sweep returned %d", rc);
}

void page_rig_expect_all_free(const struct page_rig *rig)
{
    const char *wrong = zone_wrong(rig->part, false, NULL);
    struct lab_page_part_map stats;

    expect(wrong == NULL, "%s", wrong);
    lab_zone_stats(rig->part, &stats);
    expect(stats.free_pages == stats.pages, "%llu of %llu pages are free",
           (unsigned long long)stats.free_pages, (unsigned long long)stats.pages);
    for (uint32_t page = 0; page < rig->pages; page++)
        expect(lab_load_relaxed(&rig->owner[page]) == 0, "page %u is held", page);
}
