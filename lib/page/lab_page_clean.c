/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Housekeeping by idle threads: cleans pages for requests that ask for zeros, and empties the
 * deques when memory is short. One thread cleans a zone at a time, and a second one does not wait.
 *
 *     K1 `busy` is taken acquire   pairs with K2
 *     K2 it is given up  release   pairs with K1 */

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_page_clean.h>
#include <lab_zero.h>

/* Shares of a zone: cleaning begins below the first, and ends at the second. */
#define CLEAN_LOW 4u
#define CLEAN_HIGH 2u

/* Rows that one call looks at, so that it is over soon when there is nothing to clean. */
#define ROWS_A_CALL 4096u

/* Pages that are held at once while they are cleaned, for 10 us or so. */
#define BURST LAB_ROW_PAGES

/* Cleans pages that the caller holds; returns how many were dirty. */
static unsigned clean(struct lab_zone *zone, size_t first, unsigned n)
{
    unsigned cleaned = 0;

    for (size_t page = first; page < first + n; page++) {
        size_t bytes = lab_page_dirty_bytes(&zone->dirt[page]);

        if (bytes == 0)
            continue;
        lab_zero_cold(zone->base + page * LAB_PAGE_BYTES, bytes);
        lab_byte_store_relaxed(&zone->dirt[page], 0);
        cleaned++;
    }
    return cleaned;
}

/* The free pages of one row: the row as a whole, or its single pages. */
static unsigned clean_row(struct lab_zone *zone, uint32_t lcore, uint32_t row)
{
    struct lab_zone_part *part = zone->part[LAB_PAGE_COMMON];
    struct lab_block *block = &part->block[row / LAB_BLOCK_ROWS];
    uint32_t first = row * LAB_ROW_PAGES, singles, numbers[BURST];
    unsigned cleaned = 0, n = 0, done;

    if (lab_block_get_row(block, row % LAB_BLOCK_ROWS)) {
        cleaned = clean(zone, first, LAB_ROW_PAGES);
        (void)lab_zone_free(part, lcore, first, LAB_BLOCK_ROW_ORDER);
        return cleaned;
    }
    for (singles = lab_block_get(block, row % LAB_BLOCK_ROWS, 0, BURST); singles != 0;
         singles &= singles - 1) {
        numbers[n] = first + (uint32_t)__builtin_ctz(singles);
        cleaned += clean(zone, numbers[n++], 1);
    }
    (void)lab_zone_free_bulk(part, lcore, 0, numbers, n, &done);
    return cleaned;
}

/* Clean pages of a row, by what their bytes say; others may write to them meanwhile, which costs a
 * look at the wrong row, or a look too few. */
static unsigned clean_in(const struct lab_zone *zone, uint32_t row)
{
    unsigned n = 0;

    for (unsigned i = 0; i < LAB_ROW_PAGES; i++)
        n += lab_byte_load_relaxed(&zone->dirt[(size_t)row * LAB_ROW_PAGES + i]) == 0;
    return n;
}

/* At the end of all rows: whether there are enough clean pages now. */
static void begin_anew(struct lab_zone *zone)
{
    struct lab_page_cleaner *cleaner = &zone->cleaner;
    uint64_t pages = zone->first[LAB_PAGE_RESERVE_SINGLES];

    cleaner->resting = cleaner->clean >= pages / (cleaner->resting ? CLEAN_LOW : CLEAN_HIGH);
    cleaner->row = 0;
    cleaner->clean = 0;
}

/* Goes on where the last call has ended. */
static unsigned clean_zone(struct lab_zone *zone, uint32_t lcore, unsigned most)
{
    struct lab_page_cleaner *cleaner = &zone->cleaner;
    uint32_t rows = zone->first[LAB_PAGE_RESERVE_SINGLES] / LAB_ROW_PAGES;
    uint64_t enough = zone->first[LAB_PAGE_RESERVE_SINGLES] / CLEAN_HIGH;
    uint64_t free = 0;
    unsigned cleaned = 0;

    /* K1: or it goes on from another place than where the last one stopped */
    if (!lab_cas_acquire(&cleaner->busy, &free, lcore + 2ull))
        return 0;
    for (uint32_t n = 0; n < ROWS_A_CALL && n < rows && cleaned < most; n++) {
        uint32_t row = (uint32_t)lab_index_bounded(cleaner->row, rows);
        unsigned already = clean_in(zone, row);

        cleaner->clean += already;
        if (already < LAB_ROW_PAGES && !cleaner->resting && cleaner->clean < enough) {
            unsigned now = clean_row(zone, lcore, row);

            cleaner->clean += now;
            cleaned += now;
        }
        cleaner->row = row + 1;
        if (cleaner->row == rows)
            begin_anew(zone);
    }
    lab_store_release(&cleaner->busy, 0); /* K2: as K1 says */
    return cleaned;
}

/* Cleans pages, and fills the own clean deque with them up to half, once it is below a quarter:
 * others take from there. Returns how many pages these are. */
static unsigned stock(struct lab_arena *arena, uint32_t lcore, unsigned order, unsigned most)
{
    const struct lab_page_request request = {arena, lcore, order,
                                             .gfp = LAB_GFP_NOWAIT | LAB_GFP_ZERO};
    struct lab_deque *own = arena->lcore[lcore + 1].deque[LAB_PAGE_CLEAN][order];
    struct lab_zone *zone = lab_arena_home(arena, lcore + 1);
    uint64_t has = lab_deque_count_any(own, NULL), capacity;
    unsigned done = 0;

    if (!lab_arena_is_cached(arena, order) || lcore == LAB_LCORE_ANY ||
        lab_deque_set_shortage(&arena->set) != 0)
        return 0;
    capacity = arena->array[arena->cache[order] + LAB_PAGE_CLEAN].capacity;
    if (has >= capacity / 4)
        return 0;
    while (has < capacity / 2 && done < most) {
        unsigned n = capacity / 2 - has < BURST ? (unsigned)(capacity / 2 - has) : BURST;
        void *pages[BURST];

        n = lab_arena_take(&request, zone, zone->limits.high, pages, n);
        for (unsigned i = 0; i < n; i++)
            (void)clean(zone, lab_page_number(zone, pages[i], order), 1u << order);
        if (n == 0 || !lab_deque_set_register_owner(&arena->set, lcore + 1) ||
            !lab_deque_push_slow_owner(own, pages, n, true)) {
            (void)lab_arena_give(&request, pages, n, NULL);
            break;
        }
        has += n;
        done += n << order;
    }
    return done;
}

int lab_housekeep(struct lab_arena *arena, uint32_t lcore, unsigned most, unsigned *ret_ready)
{
    uint32_t present = lab_arena_present(arena);
    unsigned ready = 0;

    if (!lab_arena_has_lcore(arena, lcore))
        return -EINVAL;
    if (lab_deque_set_shortage(&arena->set) != 0) {
        /* A private part is revoked only when nothing beside it is public. */
        lab_arena_cache_drain(arena, lcore);
        (void)lab_arena_cache_revoke(arena, lcore + 1);
        lab_arena_cache_drain(arena, lcore);
    }
    for (unsigned order = 0; order < LAB_PAGE_ORDERS && ready < most; order++)
        ready += stock(arena, lcore, order, most - ready);
    for (uint32_t i = 0; i < present && ready < most; i++)
        ready += clean_zone(&arena->zone[i], lcore, most - ready);
    if (ret_ready != NULL)
        *ret_ready = ready;
    return 0;
}
