/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The zones of an arena: mapping them, at set-up or when a request that may wait needs another;
 * taking pages from a zone's parts and giving them back; and its watermarks.
 *
 * A zone's number, metadata and place in every order are settled from the beginning, and its
 * address is not: no thread looks at a zone behind the first `present`, which is raised when all of
 * the next one is there.
 *
 *     A1 load of present   acquire   pairs with A2
 *     A2 store of present  release   pairs with A1
 *     A3 taking `growing`  acquire   pairs with A4
 *     A4 leaving it        release   pairs with A3 */

#include <errno.h>
#include <lab_arena_node.h>
#include <lab_os.h>
#include <stdio.h>

/* Page numbers that one step moves: those of a row. */
#define BURST 64u

void lab_zone_raise_event(struct lab_arena *arena, struct lab_zone *zone, enum lab_page_event event)
{
    lab_watermark_raise_event(lab_zone_event(zone, event), &arena->sequence);
}

/* Pressure on one zone is a shortage for all: pages go back to where all can get them. */
static LAB_COLD void change_pressure(struct lab_arena *arena, struct lab_zone *zone)
{
    unsigned crossed = lab_watermark_update(&zone->watermark, &zone->limits,
                                            lab_zone_count_free(zone), &arena->sequence);

    if ((crossed & 1u << LAB_BELOW_LOW) != 0)
        lab_deque_set_starve_any(&arena->set);
}

/* Counts what went out. */
static void count_out(struct lab_arena *arena, struct lab_zone *zone, uint32_t lcore,
                      uint64_t pages)
{
    lab_level_add(&zone->level, lcore, (int64_t)pages);
    if (lab_unlikely(!lab_zone_has_free(zone, zone->limits.high)))
        change_pressure(arena, zone);
}

/* Counts what came back. */
static void count_in(struct lab_arena *arena, struct lab_zone *zone, uint32_t lcore, uint64_t pages)
{
    lab_level_add(&zone->level, lcore, -(int64_t)pages);
    if (lab_unlikely(lab_watermark_is_pressed(&zone->watermark)))
        change_pressure(arena, zone);
}

/* How many of n allocations leave `keep` pages behind. */
static unsigned admitted(const struct lab_zone *zone, unsigned order, uint64_t keep, unsigned n)
{
    int64_t spare;

    if (lab_likely(lab_zone_has_free(zone, keep + ((uint64_t)n << order))))
        return n;
    spare = lab_zone_count_free(zone) - (int64_t)keep;
    if (spare <= 0)
        return 0;
    return spare >> order < n ? (unsigned)(spare >> order) : n;
}

/* Control threads keep their pages for long, as a rule. */
static enum lab_zone_class lifetime_of(unsigned gfp)
{
    return gfp & LAB_GFP_WAIT ? LAB_ZONE_LONG : LAB_ZONE_SHORT;
}

static void to_addresses(const struct lab_zone *zone, enum lab_page_part part, const uint32_t *page,
                         unsigned n, void **ret_pages)
{
    char *first = zone->base + (size_t)zone->first[part] * LAB_PAGE_BYTES;

    for (unsigned i = 0; i < n; i++)
        ret_pages[i] = first + page[i] * LAB_PAGE_BYTES;
}

static unsigned take_from_node(const struct lab_page_request *request, struct lab_zone *zone,
                               enum lab_page_part part, void **ret_pages, unsigned n)
{
    uint32_t page[BURST];
    unsigned got = 0, came;

    do {
        unsigned most = n - got < BURST ? n - got : BURST;

        came = 0;
        (void)!lab_zone_alloc_bulk(zone->part[part], request->lcore, request->order,
                                   lifetime_of(request->gfp), page, most, &came);
        to_addresses(zone, part, page, came, ret_pages + got);
        got += came;
    } while (came > 0 && got < n);
    return got;
}

bool lab_arena_take_all(const struct lab_page_request *request, struct lab_zone *zone,
                        void **ret_pages, unsigned n)
{
    struct lab_zone_part *common = zone->part[LAB_PAGE_COMMON];
    uint64_t pages = (uint64_t)n << request->order;
    uint32_t page[BURST];
    unsigned got = 0;

    if (n > BURST || !lab_zone_has_free(zone, zone->limits.high + pages) ||
        lab_zone_alloc_bulk(common, request->lcore, request->order, lifetime_of(request->gfp), page,
                            n, &got) != 0)
        return false;
    if (lab_unlikely(got < n)) {
        (void)lab_zone_free_bulk(common, request->lcore, request->order, page, got, &got);
        return false;
    }
    lab_level_add(&zone->level, request->lcore, (int64_t)pages);
    to_addresses(zone, LAB_PAGE_COMMON, page, n, ret_pages);
    return true;
}

int lab_arena_give_one(struct lab_arena *arena, uint32_t lcore, unsigned order,
                       struct lab_zone *zone, size_t offset)
{
    int rc = lab_zone_free(zone->part[LAB_PAGE_COMMON], lcore, (uint32_t)(offset / LAB_PAGE_BYTES),
                           order);

    if (lab_likely(rc == 0))
        count_in(arena, zone, lcore, UINT64_C(1) << order);
    return rc;
}

unsigned lab_arena_take(const struct lab_page_request *request, struct lab_zone *zone,
                        uint64_t keep, void **ret_pages, unsigned n)
{
    unsigned got = admitted(zone, request->order, keep, n);

    if (got > 0)
        got = take_from_node(request, zone, LAB_PAGE_COMMON, ret_pages, got);
    if (lab_likely(got > 0))
        count_out(request->arena, zone, request->lcore, (uint64_t)got << request->order);
    return got;
}

unsigned lab_arena_take_reserve(const struct lab_page_request *request, struct lab_zone *zone,
                                void **ret_pages, unsigned n)
{
    enum lab_page_part part =
        request->order == 0 ? LAB_PAGE_RESERVE_SINGLES : LAB_PAGE_RESERVE_RUNS;
    unsigned got = zone->part[part] != NULL ? take_from_node(request, zone, part, ret_pages, n) : 0;

    if (got > 0)
        lab_zone_raise_event(request->arena, zone, LAB_PAGE_RESERVE);
    return got;
}

bool lab_arena_find(struct lab_arena *arena, const void *page, struct lab_page_where *ret_where)
{
    struct lab_zone *zone = lab_arena_zone_of(arena, page);
    size_t offset = (size_t)((uintptr_t)page - (uintptr_t)zone->base);
    unsigned part = LAB_PAGE_COMMON;

    if (offset / LAB_PAGE_BYTES >= zone->pages || offset % LAB_PAGE_BYTES != 0)
        return false;
    while (offset / LAB_PAGE_BYTES >= zone->first[part + 1])
        part++;
    *ret_where = (struct lab_page_where){zone, (enum lab_page_part)part,
                                         (uint32_t)(offset / LAB_PAGE_BYTES) - zone->first[part]};
    return true;
}

bool lab_arena_holds(const struct lab_page_where *where, unsigned order)
{
    const struct lab_page_lcore there = {.base = where->zone->base +
                                                 where->zone->first[where->part] * LAB_PAGE_BYTES,
                                         .bytes = SIZE_MAX,
                                         .block = where->zone->part[where->part]->block};

    return lab_page_is_own(&there, there.base + where->page * LAB_PAGE_BYTES, order);
}

/* As many pages from the first on as are of its part, up to a burst; their numbers. */
static unsigned gather_from_node(struct lab_arena *arena, void *const *pages, unsigned n,
                                 struct lab_page_where *ret_where, uint32_t *ret_page)
{
    const struct lab_zone *zone;
    uintptr_t first;
    size_t bytes;
    unsigned k = 0;

    if (!lab_arena_find(arena, pages[0], ret_where))
        return 0;
    zone = ret_where->zone;
    first = (uintptr_t)zone->base + zone->first[ret_where->part] * LAB_PAGE_BYTES;
    bytes = (zone->first[ret_where->part + 1] - zone->first[ret_where->part]) * LAB_PAGE_BYTES;
    for (; k < n && k < BURST; k++) {
        size_t offset = (uintptr_t)pages[k] - first;

        if (offset >= bytes || offset % LAB_PAGE_BYTES != 0)
            break;
        ret_page[k] = (uint32_t)(offset / LAB_PAGE_BYTES);
    }
    return k;
}

int lab_arena_give(const struct lab_page_request *request, void *const *pages, unsigned n,
                   unsigned *ret_done)
{
    unsigned done = 0;
    int rc = 0;

    while (done < n && rc == 0) {
        struct lab_page_where where;
        uint32_t page[BURST];
        unsigned k = gather_from_node(request->arena, pages + done, n - done, &where, page);
        unsigned given = 0;

        rc = k == 0 ? -EINVAL
                    : lab_zone_free_bulk(where.zone->part[where.part], request->lcore,
                                         request->order, page, k, &given);
        if (given > 0 && where.part == LAB_PAGE_COMMON)
            count_in(request->arena, where.zone, request->lcore, (uint64_t)given << request->order);
        done += given;
    }
    if (ret_done != NULL)
        *ret_done = done;
    return rc;
}

int lab_arena_map(const char *arena, const char *what, const struct lab_region_options *wanted,
                  struct lab_region *ret_region, struct lab_error *error, struct lab_error *wish)
{
    struct lab_error why = {0};
    int rc = lab_region_create(wanted, ret_region, &why);

    if (why.message[0] != '\0')
        (void)lab_error_set(rc != 0 ? error : wish, rc, "arena %s, %s: %s", arena, what,
                            why.message);
    return rc;
}

int lab_arena_map_zone(struct lab_arena *arena, struct lab_error *error, struct lab_error *wish)
{
    uint32_t index = lab_arena_present(arena);
    struct lab_zone *zone = &arena->zone[index];
    struct lab_region_options wanted = {
        .bytes = zone->pages * LAB_PAGE_BYTES, .node = zone->node, .pages = zone->made_of};
    char what[24];
    int rc;

    snprintf(what, sizeof(what), "zone %u", index);
    rc = lab_arena_map(arena->name, what, &wanted, &zone->region, error, wish);
    if (rc != 0)
        return rc;
    zone->base = zone->region.address;
    zone->made_of = zone->region.pages;
    lab_store_release(&arena->present, index + 1); /* A2: or a zone is used without an address */
    return 0;
}

int lab_arena_grow_beyond(struct lab_arena *arena, uint32_t present, struct lab_error *error)
{
    struct lab_error wish = {0};
    uint64_t nobody = 0;
    int rc = 0;

    /* A3: or the zone that another one has just mapped is mapped again */
    while (!lab_cas_acquire(&arena->growing, &nobody, 1)) {
        nobody = 0;
        lab_os_yield();
    }
    if (lab_arena_present(arena) == present) {
        rc = lab_arena_map_zone(arena, error, &wish);
        if (rc == 0)
            lab_zone_raise_event(arena, &arena->zone[present], LAB_PAGE_MAPPED);
    }
    lab_store_release(&arena->growing, 0); /* A4: as A3 says */
    return rc != 0 ? rc : lab_error_set(error, 0, "%s", wish.message);
}

int lab_arena_grow(struct lab_arena *arena, struct lab_error *error)
{
    uint32_t present = lab_arena_present(arena);

    if (present == arena->zones)
        return lab_error_set(error, -ENOSPC, "arena %s: all of its %u zones are mapped",
                             arena->name, arena->zones);
    return lab_arena_grow_beyond(arena, present, error);
}

void lab_arena_set_home(struct lab_arena *arena, uint32_t lcore_index, uint32_t zone)
{
    struct lab_page_lcore *me = &arena->lcore[lcore_index];
    struct lab_zone *home = &arena->zone[zone];

    me->home = zone;
    me->base = home->base;
    me->bytes = home->first[LAB_PAGE_RESERVE_SINGLES] * LAB_PAGE_BYTES;
    me->block = home->part[LAB_PAGE_COMMON]->block;
    me->dirt = home->dirt;
}

bool lab_zone_is_valid(const struct lab_zone *zone)
{
    struct lab_page_part_map common;

    lab_zone_stats(zone->part[LAB_PAGE_COMMON], &common);
    for (unsigned i = 0; i < LAB_PAGE_PARTS; i++) {
        const struct lab_zone_part *part = zone->part[i];
        uint64_t pages = part != NULL ? (uint64_t)part->blocks * LAB_BLOCK_PAGES : 0;

        if (zone->first[i + 1] - zone->first[i] != pages ||
            (part != NULL && !lab_zone_part_is_valid(part)))
            return false;
    }
    return zone->first[0] == 0 && zone->pages == zone->first[LAB_PAGE_PARTS] &&
           zone->limits.min <= zone->limits.low && zone->limits.low <= zone->limits.high &&
           zone->limits.high <= zone->first[LAB_PAGE_RESERVE_SINGLES] &&
           lab_level_exact(&zone->level) == (int64_t)(common.pages - common.free_pages);
}
