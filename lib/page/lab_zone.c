/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Allocation and free. Where to look is lab_zone_search.h's advice; what is free is decided
 * in lab_block.h, by one compare-and-swap. */

#include <errno.h>
#include <lab_zone_search.h>

/* Blocks that one search may propose in vain, each time with its hints put right, before the next
 * kind of search has its turn: only hints that others keep changing are wrong as often. */
#define TRIES 16u

/* Splits of an lcore for which it relies on a search near that found nothing: what others freed
 * meanwhile is found a little later. */
#define QUIET 15u

/* One allocation under way. */
struct request {
    struct lab_zone *zone;
    struct lab_zone_lcore *me;
    struct lab_zone_place *at;
    unsigned order;
};

static uint32_t page_of(uint32_t block, unsigned row, unsigned page)
{
    return (block * LAB_BLOCK_ROWS + row) * LAB_ROW_PAGES + page;
}

static struct lab_block_transit transit_of(struct lab_zone_lcore *me, uint32_t block)
{
    return (struct lab_block_transit){&me->intent, 1 + (uint64_t)block * LAB_BLOCK_ROWS};
}

/* A caller's lcore, or the first guest's place that nobody is in. Threads without an id that find
 * none use *late instead, without an intent. NULL: there is no such lcore. */
static struct lab_zone_lcore *enter(struct lab_zone *zone, uint32_t lcore,
                                    struct lab_zone_lcore *late)
{
    struct lab_zone_lcore *guest = &zone->lcore[zone->lcores];

    if (lab_likely(lcore < zone->lcores))
        return &zone->lcore[lcore];
    if (lcore != LAB_LCORE_ANY)
        return NULL;
    for (unsigned i = 0; i < LAB_ZONE_GUESTS; i++, guest++) {
        uint64_t free = 0;

        if (lab_load_relaxed(&guest->taken) == 0 &&
            lab_cas_acquire(&guest->taken, &free, 1)) /* Z1 pairs with Z2 */
            return guest;
    }
    memset(late, 0, sizeof(*late));
    memset(late->at, 0xff, sizeof(late->at)); /* LAB_PAGE_NONE */
    late->silent = true;
    return late;
}

static void leave(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t lcore)
{
    if (lab_likely(lcore != LAB_LCORE_ANY))
        return;
    if (me->silent)
        lab_zone_stop_all_work(zone, me);
    else
        lab_store_release(&me->taken, 0); /* Z2 pairs with Z1: the next guest sees what it wrote */
}

/* In the block's open rows. */
static bool take_open(const struct request *r, uint32_t block, uint32_t *ret_page)
{
    struct lab_block *b = &r->zone->block[block];
    uint32_t rows;
    unsigned page;

    if (lab_zone_hint(r->zone, LAB_ZONE_OPEN, block) <= r->order)
        return false;
    for (rows = lab_block_state_splits(lab_load_relaxed(&b->state)); rows != 0; rows &= rows - 1) {
        unsigned row = (unsigned)__builtin_ctz(rows);

        if (lab_row_free(lab_load_relaxed(&b->row[row])) != 0 && /* most are full */
            lab_block_get(b, row, r->order, &page)) {
            r->at->row = row;
            *ret_page = page_of(block, row, page);
            return true;
        }
    }
    lab_zone_set_hint(r->zone, LAB_ZONE_OPEN, block, r->order);
    return false;
}

/* In a free row, which is split. */
static bool take_split(const struct request *r, uint32_t block, uint32_t *ret_page)
{
    struct lab_block_transit transit = transit_of(r->me, block);
    lab_row_piece piece = lab_row_run(0, r->order);
    unsigned row;

    if (!lab_block_split(&r->zone->block[block], piece, r->me->silent ? NULL : &transit, &row))
        return false;
    r->at->row = row;
    /* The rest of the row has a half, and no run is larger. */
    lab_zone_raise(r->zone, r->me, block, LAB_ROW_ORDER_MAX);
    *ret_page = page_of(block, row, 0);
    return true;
}

static bool take_rows(const struct request *r, uint32_t block, uint32_t *ret_page)
{
    unsigned row;

    if (!lab_block_get_rows(&r->zone->block[block], r->order, &row))
        return false;
    *ret_page = page_of(block, row, 0);
    return true;
}

static bool take(const struct request *r, enum lab_zone_hint hint, uint32_t block,
                 uint32_t *ret_page)
{
    if (r->order > LAB_ROW_ORDER_MAX)
        return take_rows(r, block, ret_page);
    return take_open(r, block, ret_page) ||
           (hint == LAB_ZONE_ROWS && take_split(r, block, ret_page));
}

/* Follows the hints of one search; the block that has something becomes the one to work in. */
static bool take_found(const struct request *r, const struct lab_zone_search *search,
                       uint32_t groups, uint32_t *ret_page)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t block = lab_zone_search(r->zone, r->me, search, groups);

        if (block == LAB_PAGE_NONE)
            return false;
        lab_zone_enter_block(r->zone, block);
        if (lab_likely(take(r, search->hint, block, ret_page))) {
            r->at->block = block;
            return true;
        }
        lab_zone_leave_block(r->zone, block);
    }
    return false;
}

/* The same for blocks as a whole: nothing is left of them to work in. */
static bool take_whole(const struct request *r, bool others, uint32_t *ret_page)
{
    const struct lab_zone_search search = {LAB_ZONE_ROWS, LAB_ZONE_AT_WHOLE,
                                           LAB_PAGE_ORDERS - 1 - LAB_ROW_ORDER_MAX, others};

    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t block = lab_zone_search(r->zone, r->me, &search, LAB_ZONE_FAR);
        unsigned row;

        if (block == LAB_PAGE_NONE)
            return false;
        if (lab_likely(lab_block_get_rows(&r->zone->block[block], LAB_PAGE_ORDERS - 1, &row))) {
            lab_zone_set_hint(r->zone, LAB_ZONE_ROWS, block, 0);
            *ret_page = page_of(block, row, 0);
            return true;
        }
        lab_zone_refresh_rows(r->zone, block);
    }
    return false;
}

/* Rows that were left open and empty, by threads without an intent, become free: by a get and a put
 * of this thread. */
static void close_empty_rows(const struct request *r, uint32_t block)
{
    struct lab_block_transit transit = transit_of(r->me, block);
    struct lab_block *b = &r->zone->block[block];
    unsigned page, largest;

    for (unsigned row = 0; row < LAB_BLOCK_ROWS && !r->me->silent; row++)
        if (lab_row_is_empty(lab_load_relaxed(&b->row[row])) && lab_block_get(b, row, 0, &page))
            (void)lab_block_put(b, row, lab_row_run(page, 0), &transit, &largest);
}

/* Every block, whatever its hints say, which are put right. */
static LAB_COLD bool take_anywhere(const struct request *r, uint32_t *ret_page)
{
    for (uint32_t block = 0; block < r->zone->blocks; block++) {
        if (r->order > LAB_ROW_ORDER_MAX)
            close_empty_rows(r, block);
        lab_zone_leave_block(r->zone, block);
        if (take(r, LAB_ZONE_ROWS, block, ret_page))
            return true;
    }
    return false;
}

static uint32_t near_groups(const struct request *r)
{
    return r->me->rich ? LAB_ZONE_NEAR : LAB_ZONE_FAR;
}

/* Whether no block near has an open row to offer. That was so a moment ago, if it was so a few
 * splits ago and this lcore has freed nothing since. */
static bool none_near(const struct request *r, const struct lab_zone_search *open)
{
    if (r->me->quiet > 0) {
        r->me->quiet--;
        return true;
    }
    if (lab_zone_search(r->zone, r->me, open, near_groups(r)) != LAB_PAGE_NONE)
        return false;
    r->me->quiet = QUIET;
    return true;
}

/* Orders 0 to 4, when the row at hand has none: open rows here, open rows near, free rows here,
 * free rows elsewhere, then everything, at last also where others work. */
static LAB_NOINLINE bool take_run_slow(const struct request *r, uint32_t *ret_page)
{
    const struct lab_zone_search open = {LAB_ZONE_OPEN, LAB_ZONE_AT_OPEN, r->order + 1, false};
    const struct lab_zone_search rows = {LAB_ZONE_ROWS, LAB_ZONE_AT_ROWS, 1, false};
    const struct lab_zone_search others_open = {open.hint, open.cursor, open.least, true};
    const struct lab_zone_search others_rows = {rows.hint, rows.cursor, rows.least, true};

    if (r->at->block != LAB_PAGE_NONE) {
        uint32_t block = lab_zone_block_at(r->zone, r->at);

        if (take_open(r, block, ret_page))
            return true;
        if (none_near(r, &open) && take_split(r, block, ret_page))
            return true;
        lab_zone_stop_work(r->zone, r->at);
    }
    lab_zone_gauge(r->zone, r->me);
    return take_found(r, &open, near_groups(r), ret_page) ||
           take_found(r, &rows, LAB_ZONE_FAR, ret_page) ||
           take_found(r, &open, LAB_ZONE_FAR, ret_page) ||
           take_found(r, &others_open, LAB_ZONE_FAR, ret_page) ||
           take_found(r, &others_rows, LAB_ZONE_FAR, ret_page) || take_anywhere(r, ret_page);
}

static LAB_NOINLINE bool take_rows_slow(const struct request *r, uint32_t *ret_page)
{
    const struct lab_zone_search rows = {LAB_ZONE_ROWS, LAB_ZONE_AT_ROWS,
                                         r->order - LAB_ROW_ORDER_MAX, false};
    const struct lab_zone_search others = {rows.hint, rows.cursor, rows.least, true};

    lab_zone_stop_work(r->zone, r->at);
    lab_zone_gauge(r->zone, r->me);
    return take_found(r, &rows, LAB_ZONE_FAR, ret_page) ||
           take_found(r, &others, LAB_ZONE_FAR, ret_page) || take_anywhere(r, ret_page);
}

static bool take_block(const struct request *r, uint32_t *ret_page)
{
    return take_whole(r, false, ret_page) || take_whole(r, true, ret_page) ||
           take_anywhere(r, ret_page);
}

/* The hot paths: the row, or the block, that had what was wanted the last time. */
static inline bool take_any(const struct request *r, uint32_t *ret_page)
{
    if (r->order <= LAB_ROW_ORDER_MAX) {
        uint32_t block = lab_zone_block_at(r->zone, r->at);
        unsigned row = lab_zone_row_at(r->at), page;

        if (lab_likely(r->at->block != LAB_PAGE_NONE) &&
            lab_likely(lab_block_get(&r->zone->block[block], row, r->order, &page))) {
            *ret_page = page_of(block, row, page);
            return true;
        }
        return take_run_slow(r, ret_page);
    }
    if (r->at == NULL)
        return take_block(r, ret_page);
    if (lab_likely(r->at->block != LAB_PAGE_NONE) &&
        lab_likely(take_rows(r, lab_zone_block_at(r->zone, r->at), ret_page)))
        return true;
    return take_rows_slow(r, ret_page);
}

static inline struct request request_of(struct lab_zone *zone, struct lab_zone_lcore *me,
                                        unsigned order, enum lab_zone_class lifetime)
{
    enum lab_zone_group group = order < 2                    ? LAB_ZONE_SINGLES
                                : order <= LAB_ROW_ORDER_MAX ? LAB_ZONE_RUNS
                                                             : LAB_ZONE_OF_ROWS;
    bool whole = order == LAB_PAGE_ORDERS - 1;

    return (struct request){zone, me, whole ? NULL : &me->at[lifetime][group], order};
}

int lab_zone_alloc(struct lab_zone *zone, uint32_t lcore, unsigned order,
                   enum lab_zone_class lifetime, uint32_t *ret_page)
{
    struct lab_zone_lcore late, *me = enter(zone, lcore, &late);
    struct request r;
    bool found;

    if (lab_unlikely(me == NULL))
        return -EINVAL;
    if (lab_unlikely(order >= LAB_PAGE_ORDERS || (unsigned)lifetime >= LAB_ZONE_CLASSES)) {
        leave(zone, me, lcore);
        return -EINVAL;
    }
    r = request_of(zone, me, order, lifetime);
    found = take_any(&r, ret_page);
    leave(zone, me, lcore);
    return lab_likely(found) ? 0 : -ENOMEM;
}

/* What the row has in which the last single page was found; returns how many. */
static unsigned take_singles(const struct request *r, uint32_t *ret_pages, unsigned n)
{
    uint32_t block = lab_zone_block_at(r->zone, r->at), pages, rest;
    unsigned row = lab_zone_row_at(r->at);

    if (n == 0 || r->at->block == LAB_PAGE_NONE)
        return 0;
    pages = lab_block_get_singles(&r->zone->block[block], row, n);
    for (rest = pages; rest != 0; rest &= rest - 1)
        *ret_pages++ = page_of(block, row, (unsigned)__builtin_ctz(rest));
    return (unsigned)__builtin_popcount(pages);
}

int lab_zone_alloc_bulk(struct lab_zone *zone, uint32_t lcore, enum lab_zone_class lifetime,
                        uint32_t *ret_pages, unsigned n, unsigned *ret_n)
{
    struct lab_zone_lcore late, *me = enter(zone, lcore, &late);
    struct request r;
    unsigned got;

    if (me == NULL)
        return -EINVAL;
    if ((unsigned)lifetime >= LAB_ZONE_CLASSES) {
        leave(zone, me, lcore);
        return -EINVAL;
    }
    r = request_of(zone, me, 0, lifetime);
    got = take_singles(&r, ret_pages, n);
    while (got < n && take_any(&r, ret_pages + got)) {
        got++;
        got += take_singles(&r, ret_pages + got, n - got);
    }
    leave(zone, me, lcore);
    if (got == 0 && n > 0)
        return -ENOMEM;
    *ret_n = got;
    return 0;
}

static bool is_page(const struct lab_zone *zone, uint32_t page, unsigned order)
{
    return order < LAB_PAGE_ORDERS && page / LAB_BLOCK_PAGES < zone->blocks &&
           (page & ((1u << order) - 1)) == 0;
}

int lab_zone_alloc_row(struct lab_zone *zone, uint32_t page, unsigned n, uint32_t *ret_singles)
{
    unsigned row = page / LAB_ROW_PAGES % LAB_BLOCK_ROWS;
    struct lab_block *block;
    uint32_t singles = 0;

    if (!is_page(zone, page, 0))
        return -EINVAL;
    block = &zone->block[lab_zone_block_of(zone, page)];
    if (!lab_block_get_row(block, row)) {
        singles = lab_block_get_singles(block, row, n);
        if (singles == 0)
            return -ENOMEM;
    }
    *ret_singles = singles;
    return 0;
}

/* A piece of the row in which `page` is. */
static inline int put_piece(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t page,
                            lab_row_piece piece)
{
    uint32_t block = lab_zone_block_of(zone, page);
    struct lab_block_transit transit = transit_of(me, block);
    unsigned largest;
    int rc = lab_block_put(&zone->block[block], page / LAB_ROW_PAGES % LAB_BLOCK_ROWS, piece,
                           lab_unlikely(me->silent) ? NULL : &transit, &largest);

    if (lab_likely(rc == 0))
        lab_zone_raise(zone, me, block, largest);
    return rc;
}

static int put_rows(struct lab_zone *zone, struct lab_zone_lcore *me, uint32_t page, unsigned order)
{
    uint32_t block = lab_zone_block_of(zone, page);
    unsigned largest;
    int rc = lab_block_put_rows(&zone->block[block], page / LAB_ROW_PAGES % LAB_BLOCK_ROWS, order,
                                &largest);

    if (lab_likely(rc == 0))
        lab_zone_raise(zone, me, block, largest);
    return rc;
}

int lab_zone_free(struct lab_zone *zone, uint32_t lcore, uint32_t page, unsigned order)
{
    struct lab_zone_lcore late, *me;
    int rc;

    if (lab_unlikely(!is_page(zone, page, order)))
        return -EINVAL;
    me = enter(zone, lcore, &late);
    if (lab_unlikely(me == NULL))
        return -EINVAL;
    if (order <= LAB_ROW_ORDER_MAX)
        rc = put_piece(zone, me, page, lab_row_run(page % LAB_ROW_PAGES, order));
    else
        rc = put_rows(zone, me, page, order);
    leave(zone, me, lcore);
    return rc;
}

/* Pages side by side in the array that are of one row, each once; returns how many. */
static unsigned gather(const uint32_t *pages, unsigned n, uint32_t *ret_mask)
{
    uint32_t mask = 0;
    unsigned i = 0;

    for (; i < n && pages[i] / LAB_ROW_PAGES == pages[0] / LAB_ROW_PAGES; i++) {
        uint32_t bit = UINT32_C(1) << pages[i] % LAB_ROW_PAGES;

        if (mask & bit)
            break;
        mask |= bit;
    }
    *ret_mask = mask;
    return i;
}

/* Those of one row together; or one by one up to the wrong one. */
static int put_singles(struct lab_zone *zone, struct lab_zone_lcore *me, const uint32_t *pages,
                       unsigned n, unsigned *done)
{
    int rc = 0;

    while (*done < n && rc == 0) {
        const uint32_t *first = pages + *done;
        uint32_t mask;
        unsigned k = gather(first, n - *done, &mask);

        if (!is_page(zone, *first, 0))
            return -EINVAL;
        if (put_piece(zone, me, *first, lab_row_singles(mask)) == 0) {
            *done += k;
            continue;
        }
        for (; k > 0 && rc == 0; k--) {
            rc = put_piece(zone, me, pages[*done], lab_row_run(pages[*done] % LAB_ROW_PAGES, 0));
            *done += rc == 0;
        }
    }
    return rc;
}

int lab_zone_free_bulk(struct lab_zone *zone, uint32_t lcore, const uint32_t *pages, unsigned n,
                       unsigned *ret_n)
{
    struct lab_zone_lcore late, *me = enter(zone, lcore, &late);
    int rc;

    *ret_n = 0;
    if (me == NULL)
        return -EINVAL;
    rc = put_singles(zone, me, pages, n, ret_n);
    leave(zone, me, lcore);
    return rc;
}
