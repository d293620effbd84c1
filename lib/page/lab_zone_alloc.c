/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Allocation. lab_zone_search.h advises where to look; lab_block.h takes pages by one
 * compare-and-swap, as many of those wanted as a row or a block's rows have. */

#include <errno.h>
#include <lab_zone_search.h>

/* Blocks that one search may propose in vain, each time correcting its hints, before the next kind
 * of search has its turn: only hints that others keep changing are wrong as often. */
#define TRIES 16u

/* Splits of an lcore for which it relies on a search near that found nothing: pages that others
 * freed meanwhile are found a little later. */
#define QUIET 15u

/* Allocations under way. */
struct request {
    struct lab_zone_part *part;
    struct lab_zone_lcore *me;
    struct lab_zone_place *at;
    unsigned order;
    unsigned want;   /* allocations still to be taken; each function that takes some returns whether
                        it is 0 */
    uint32_t *pages; /* where the next one goes */
};

/* Notes allocations, by the places at which they begin: `unit` pages each, from page `first` on. */
LAB_INLINE bool note(struct request *r, uint32_t first, uint32_t starts, unsigned unit)
{
    for (; starts != 0; starts &= starts - 1, r->want--)
        *r->pages++ = first + (unsigned)__builtin_ctz(starts) * unit;
    return r->want == 0;
}

/* Those got in a row, by pages. */
static inline bool got_in_row(struct request *r, uint32_t block, unsigned row, uint32_t starts)
{
    return note(r, (block * LAB_BLOCK_ROWS + row) * LAB_ROW_PAGES, starts, 1);
}

/* Those got of a block's rows, by rows. */
static inline bool got_rows(struct request *r, uint32_t block, uint32_t starts)
{
    return note(r, block * LAB_BLOCK_PAGES, starts, LAB_ROW_PAGES);
}

/* In the block's open rows. */
static bool take_open(struct request *r, uint32_t block)
{
    struct lab_block *b = &r->part->block[block];
    uint32_t rows;

    if (lab_zone_hint(r->part, LAB_ZONE_OPEN, block) <= r->order)
        return false;
    for (rows = lab_block_state_splits(lab_load_relaxed(&b->state)); rows != 0; rows &= rows - 1) {
        unsigned row = (unsigned)__builtin_ctz(rows);
        uint32_t starts;

        if (lab_row_free(lab_load_relaxed(&b->row[row])) == 0) /* most are full */
            continue;
        starts = lab_block_get(b, row, r->order, r->want);
        if (starts == 0)
            continue;
        r->at->row = row;
        if (got_in_row(r, block, row, starts))
            return true;
    }
    lab_zone_set_hint(r->part, LAB_ZONE_OPEN, block, r->order);
    return false;
}

/* In a free row, which is split. */
static bool take_split(struct request *r, uint32_t block, bool *ret_split)
{
    struct lab_block_transit transit = lab_zone_transit_of(r->me, block);
    uint32_t starts = lab_row_lowest(0, r->order, r->want);
    lab_row_piece piece = lab_row_runs(starts, r->order);
    unsigned row;

    *ret_split =
        lab_block_split(&r->part->block[block], piece, r->me->no_intent ? NULL : &transit, &row);
    if (!*ret_split)
        return false;
    r->at->row = row;
    if (lab_row_free(piece) != 0)
        lab_zone_raise(r->part, r->me, block, lab_row_largest(piece));
    return got_in_row(r, block, row, starts);
}

static bool take_rows(struct request *r, uint32_t block)
{
    return got_rows(r, block, lab_block_get_rows(&r->part->block[block], r->order, r->want));
}

/* Nobody works in the block, to correct its hint later. */
static bool take_whole(struct request *r, uint32_t block)
{
    uint32_t starts = lab_block_get_rows(&r->part->block[block], LAB_PAGE_ORDERS - 1, 1);

    if (lab_likely(starts != 0))
        lab_zone_set_hint(r->part, LAB_ZONE_ROWS, block, 0);
    else
        lab_zone_refresh_rows(r->part, block);
    return got_rows(r, block, starts);
}

/* All that the block has, with its free rows if the hint is of these. */
static bool take_from_zone(struct request *r, enum lab_zone_hint hint, uint32_t block)
{
    bool split = hint == LAB_ZONE_ROWS, done;

    if (r->order == LAB_PAGE_ORDERS - 1)
        return take_whole(r, block);
    if (r->order > LAB_ROW_ORDER_MAX)
        return take_rows(r, block);
    done = take_open(r, block);
    while (!done && split)
        done = take_split(r, block, &split);
    return done;
}

/* Follows the hints of one search; the last block that has something becomes the one to work in,
 * unless blocks are taken as a whole: nothing is left of them to work in. */
static bool take_found(struct request *r, enum lab_zone_hint hint, bool others, uint32_t groups)
{
    bool whole = r->order == LAB_PAGE_ORDERS - 1;

    for (unsigned vain = 0; vain < TRIES;) {
        unsigned want = r->want;
        uint32_t block;

        if (!whole)
            lab_zone_stop_work(r->part, r->at);
        block = lab_zone_search(r->part, r->me, hint, r->order, others, groups);
        if (block == LAB_PAGE_NONE)
            return false;
        if (!whole)
            lab_zone_start_work(r->part, r->at, block);
        if (lab_likely(take_from_zone(r, hint, block)))
            return true;
        vain += r->want == want;
    }
    if (!whole)
        lab_zone_stop_work(r->part, r->at);
    return false;
}

/* Rows that were left open and empty, by threads without an intent, become free: by a get and a put
 * of this thread. */
static void close_empty_rows(struct request *r, uint32_t block)
{
    struct lab_block_transit transit = lab_zone_transit_of(r->me, block);
    struct lab_block *b = &r->part->block[block];
    unsigned largest;

    for (unsigned row = 0; row < LAB_BLOCK_ROWS && !r->me->no_intent; row++) {
        uint32_t start = 0;

        if (lab_row_is_empty(lab_load_relaxed(&b->row[row])))
            start = lab_block_get(b, row, 0, 1);
        if (start != 0)
            (void)lab_block_put(b, row, lab_row_runs(start, 0), &transit, &largest);
    }
}

/* Tries every block, whatever its hints say, and corrects these. */
static LAB_COLD bool take_anywhere(struct request *r)
{
    for (uint32_t block = 0; block < r->part->blocks; block++) {
        if (r->order > LAB_ROW_ORDER_MAX)
            close_empty_rows(r, block);
        lab_zone_leave_block(r->part, block);
        if (take_from_zone(r, LAB_ZONE_ROWS, block))
            return true;
    }
    return false;
}

static uint32_t near_groups(struct request *r)
{
    return r->me->plenty ? LAB_ZONE_NEAR : LAB_ZONE_FAR;
}

/* Whether no block near has an open row. A search is made for every few splits only, unless this
 * lcore has freed some pages since. */
static bool none_near(struct request *r)
{
    if (r->me->quiet > 0) {
        r->me->quiet--;
        return true;
    }
    if (lab_zone_search(r->part, r->me, LAB_ZONE_OPEN, r->order, false, near_groups(r)) !=
        LAB_PAGE_NONE)
        return false;
    r->me->quiet = QUIET;
    return true;
}

/* Orders 0 to 4, when the row at hand has none: open rows here, open rows near, free rows here,
 * free rows elsewhere, then everything, at last also where others work. */
static LAB_NOINLINE bool take_runs_slow(struct request *r)
{
    if (r->at->block != LAB_PAGE_NONE) {
        uint32_t block = lab_zone_block_at(r->part, r->at);
        bool split = true;

        if (take_open(r, block))
            return true;
        while (split && none_near(r))
            if (take_split(r, block, &split))
                return true;
        lab_zone_stop_work(r->part, r->at); /* or its free pages are not counted below */
    }
    lab_zone_sample_free(r->part, r->me);
    return take_found(r, LAB_ZONE_OPEN, false, near_groups(r)) ||
           take_found(r, LAB_ZONE_ROWS, false, LAB_ZONE_FAR) ||
           take_found(r, LAB_ZONE_OPEN, false, LAB_ZONE_FAR) ||
           take_found(r, LAB_ZONE_OPEN, true, LAB_ZONE_FAR) ||
           take_found(r, LAB_ZONE_ROWS, true, LAB_ZONE_FAR) || take_anywhere(r);
}

/* Orders 5 to 9: free rows elsewhere, at last also where others work, then everything. */
static LAB_NOINLINE bool take_rows_slow(struct request *r)
{
    if (r->order < LAB_PAGE_ORDERS - 1) {
        lab_zone_stop_work(r->part, r->at);
        lab_zone_sample_free(r->part, r->me);
    }
    return take_found(r, LAB_ZONE_ROWS, false, LAB_ZONE_FAR) ||
           take_found(r, LAB_ZONE_ROWS, true, LAB_ZONE_FAR) || take_anywhere(r);
}

/* Whether the block at hand will do for rows: where whole blocks are few, the best fit alone. */
static inline bool fits(const struct request *r)
{
    return r->me->plenty ||
           lab_zone_hint(r->part, LAB_ZONE_ROWS, lab_zone_block_at(r->part, r->at)) ==
               r->order - LAB_ROW_ORDER_MAX;
}

/* The hot paths: the row, or the block, that had what was wanted the last time. */
static inline bool take_any(struct request *r)
{
    if (r->at == NULL)
        return take_rows_slow(r);
    if (r->order <= LAB_ROW_ORDER_MAX) {
        uint32_t block = lab_zone_block_at(r->part, r->at);
        unsigned row = lab_zone_row_at(r->at);

        if (lab_likely(r->at->block != LAB_PAGE_NONE) &&
            lab_likely(got_in_row(r, block, row,
                                  lab_block_get(&r->part->block[block], row, r->order, r->want))))
            return true;
        return take_runs_slow(r);
    }
    if (lab_likely(r->at->block != LAB_PAGE_NONE) && lab_likely(fits(r)) &&
        lab_likely(take_rows(r, lab_zone_block_at(r->part, r->at))))
        return true;
    return take_rows_slow(r);
}

static inline struct request request_of(struct lab_zone_part *part, struct lab_zone_lcore *me,
                                        unsigned order, enum lab_zone_class lifetime,
                                        uint32_t *ret_pages, unsigned n)
{
    enum lab_zone_group group = order < 2                    ? LAB_ZONE_SINGLES
                                : order <= LAB_ROW_ORDER_MAX ? LAB_ZONE_RUNS
                                                             : LAB_ZONE_OF_ROWS;
    bool whole = order == LAB_PAGE_ORDERS - 1;

    return (struct request){part, me, whole ? NULL : &me->at[lifetime][group], order, n, ret_pages};
}

/* Inline, since single pages are got so often that they are worth a function of their own. */
LAB_INLINE int alloc(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                     enum lab_zone_class lifetime, uint32_t *ret_pages, unsigned n, unsigned *ret_n)
{
    struct lab_zone_lcore late, *me;
    struct request r;

    if (lab_unlikely(order >= LAB_PAGE_ORDERS || (unsigned)lifetime >= LAB_ZONE_CLASSES))
        return -EINVAL;
    me = lab_zone_enter(part, lcore, &late);
    if (lab_unlikely(me == NULL))
        return -EINVAL;
    r = request_of(part, me, order, lifetime, ret_pages, n);
    if (n > 0)
        (void)take_any(&r);
    lab_zone_leave(part, me, lcore);
    if (lab_unlikely(r.want == n && n > 0))
        return -ENOMEM;
    *ret_n = n - r.want;
    return 0;
}

int lab_zone_alloc(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                   enum lab_zone_class lifetime, uint32_t *ret_page)
{
    unsigned n;

    return alloc(part, lcore, order, lifetime, ret_page, 1, &n);
}

int lab_zone_alloc_bulk(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                        enum lab_zone_class lifetime, uint32_t *ret_pages, unsigned n,
                        unsigned *ret_n)
{
    return alloc(part, lcore, order, lifetime, ret_pages, n, ret_n);
}
