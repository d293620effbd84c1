/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Free. lab_block.h puts back by one compare-and-swap all pages that stand side by side in the
 * array and are of one row, or of one block's rows. */

#include <errno.h>
#include <lab_zone_search.h>

/* Allocations of one row, or of one block's rows: `starts` says at which pages, or rows; `page` is
 * one of them. */
static inline int put(struct lab_zone_part *part, struct lab_zone_lcore *me, uint32_t page,
                      unsigned order, uint32_t starts)
{
    uint32_t block = lab_zone_block_of(part, page);
    struct lab_block_transit transit = lab_zone_transit_of(me, block);
    struct lab_block *b = &part->block[block];
    unsigned row = page / LAB_ROW_PAGES % LAB_BLOCK_ROWS, largest;
    int rc;

    if (order <= LAB_ROW_ORDER_MAX)
        rc = lab_block_put(b, row, lab_row_runs(starts, order),
                           lab_unlikely(me->no_intent) ? NULL : &transit, &largest);
    else
        rc = lab_block_put_rows(b, starts, order, &largest);
    if (lab_likely(rc == 0))
        lab_zone_raise(part, me, block, largest);
    return rc;
}

static inline uint32_t start_of(uint32_t page, unsigned order)
{
    return order <= LAB_ROW_ORDER_MAX ? UINT32_C(1) << page % LAB_ROW_PAGES
                                      : UINT32_C(1) << page / LAB_ROW_PAGES % LAB_BLOCK_ROWS;
}

int lab_zone_free(struct lab_zone_part *part, uint32_t lcore, uint32_t page, unsigned order)
{
    struct lab_zone_lcore late, *me;
    int rc;

    if (lab_unlikely(!lab_zone_has(part, page, order)))
        return -EINVAL;
    me = lab_zone_enter(part, lcore, &late);
    if (lab_unlikely(me == NULL))
        return -EINVAL;
    rc = put(part, me, page, order, start_of(page, order));
    lab_zone_leave(part, me, lcore);
    return rc;
}

/* The number of allocations, from the first on, that one step puts back: those of one row, or of
 * one block's rows, each once. The first is one of the part's. */
static unsigned gather_freed(const uint32_t *pages, unsigned n, unsigned order,
                             uint32_t *ret_starts)
{
    uint32_t span = order <= LAB_ROW_ORDER_MAX ? LAB_ROW_PAGES : LAB_BLOCK_PAGES;
    uint32_t first = pages[0] & ~(span - 1), beside = (UINT32_C(1) << order) - 1, starts = 0;
    unsigned i = 0;

    for (; i < n; i++) {
        uint32_t at = pages[i] - first, start = start_of(at, order);

        if (at >= span || (at & beside) != 0 || (starts & start) != 0)
            break;
        starts |= start;
    }
    *ret_starts = starts;
    return i;
}

/* As many as one step can, or one by one up to the wrong one. */
static int put_all(struct lab_zone_part *part, struct lab_zone_lcore *me, unsigned order,
                   const uint32_t *pages, unsigned n, unsigned *done)
{
    int rc = 0;

    while (*done < n && rc == 0) {
        uint32_t first = pages[*done], starts;
        unsigned k;

        if (!lab_zone_has(part, first, order))
            return -EINVAL;
        k = gather_freed(pages + *done, n - *done, order, &starts);
        if (lab_likely(put(part, me, first, order, starts) == 0)) {
            *done += k;
            continue;
        }
        for (; k > 0 && rc == 0; k--) {
            first = pages[*done];
            rc = put(part, me, first, order, start_of(first, order));
            *done += rc == 0;
        }
    }
    return rc;
}

int lab_zone_free_bulk(struct lab_zone_part *part, uint32_t lcore, unsigned order,
                       const uint32_t *pages, unsigned n, unsigned *ret_n)
{
    struct lab_zone_lcore late, *me = lab_zone_enter(part, lcore, &late);
    int rc;

    *ret_n = 0;
    if (me == NULL)
        return -EINVAL;
    rc = put_all(part, me, order, pages, n, ret_n);
    lab_zone_leave(part, me, lcore);
    return rc;
}
