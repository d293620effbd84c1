/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ROW_H
#define LAB_ROW_H

/* The row word: 32 pages, two bits each. Its transitions, without atomics; lab_block.h runs them
 * inside one compare-and-swap.
 *
 *     bits 63 ........ 32 | 31 ......... 0
 *          head           | taken
 *
 * A page is taken while somebody holds it; it is a head if an allocation begins there. Every
 * allocation thus shows its shape, and one compare-and-swap can check it and give it back.
 *
 * CLOSED, the word of a row that is not for single pages now: all taken, and no head at page 0,
 * which no open row can show: an allocation that has page 0 begins there. The other 31 bits are a
 * stamp that makes this closing differ from the row's closings before it. */

#include <lab_run.h>
#include <stdbool.h>

#define LAB_ROW_PAGES 32u

/* The largest order inside a row: half of it. A whole row is the block's business. */
#define LAB_ROW_ORDER_MAX 4u

/* The bits of an allocation: what it adds to the word, and what it takes away when it is given
 * back. A piece is one run, or several of the same order. */
typedef uint64_t lab_row_piece;

LAB_INLINE uint64_t lab_row_closed(uint32_t stamp)
{
    return (uint64_t)stamp << 33 | UINT32_MAX;
}

LAB_INLINE bool lab_row_is_closed(uint64_t word)
{
    return (word & UINT64_C(0x1ffffffff)) == UINT32_MAX;
}

/* Whether the word is closed, or has allocations of orders that a row gives out, as every row word
 * does. */
static inline bool lab_row_is_valid(uint64_t word)
{
    return lab_row_is_closed(word) ||
           lab_run_is_cut((uint32_t)word, (uint32_t)(word >> LAB_ROW_PAGES), LAB_ROW_ORDER_MAX);
}

/* Nobody holds any of its pages, and it is open. */
LAB_INLINE bool lab_row_is_empty(uint64_t word)
{
    return (uint32_t)word == 0;
}

/* The free pages; none in a closed row. */
LAB_INLINE uint32_t lab_row_free(uint64_t word)
{
    return ~(uint32_t)word;
}

/* A run of an order up to LAB_ROW_ORDER_MAX; page is a multiple of its size. */
LAB_INLINE lab_row_piece lab_row_run(unsigned page, unsigned order)
{
    return (uint64_t)lab_run_mask(order) << page | UINT64_C(1) << (page + LAB_ROW_PAGES);
}

/* Runs of that order, by the pages at which they begin. */
LAB_INLINE lab_row_piece lab_row_runs(uint32_t starts, unsigned order)
{
    uint32_t pages = starts * lab_run_mask(order); /* the runs do not overlap */

    return (uint64_t)starts << LAB_ROW_PAGES | pages;
}

/* The pages at which the lowest free runs of that order begin, at most n of them. */
LAB_INLINE uint32_t lab_row_lowest(uint64_t word, unsigned order, unsigned n)
{
    return lab_run_lowest(lab_run_starts(lab_row_free(word), order), n);
}

LAB_INLINE uint64_t lab_row_take(uint64_t word, lab_row_piece piece)
{
    return word | piece;
}

/* Whether the piece is allocated in just this shape: all of its pages taken, heads where it has
 * heads and nowhere else, and no allocation that goes on behind it. */
LAB_INLINE bool lab_row_holds(uint64_t word, lab_row_piece piece)
{
    uint32_t pages = (uint32_t)piece;
    uint64_t extent = (uint64_t)pages << LAB_ROW_PAGES | pages;
    uint32_t tails = (uint32_t)word & ~(uint32_t)(word >> LAB_ROW_PAGES);
    uint32_t behind = pages << 1 & ~pages;

    return (word & extent) == piece && (tails & behind) == 0 && !lab_row_is_closed(word);
}

/* The same for a single page, in fewer steps. */
LAB_INLINE bool lab_row_holds_single(uint64_t word, unsigned page)
{
    uint32_t heads = (uint32_t)(word >> LAB_ROW_PAGES), tails = (uint32_t)word & ~heads;

    return (heads & ~(tails >> 1)) >> page & 1 && !lab_row_is_closed(word);
}

/* The order of the largest run that is free, LAB_ROW_ORDER_MAX at most; some page is. */
LAB_INLINE unsigned lab_row_largest(uint64_t word)
{
    unsigned largest = lab_run_largest(lab_row_free(word));

    return largest < LAB_ROW_ORDER_MAX ? largest : LAB_ROW_ORDER_MAX;
}

/* Only what lab_row_holds(). */
LAB_INLINE uint64_t lab_row_give(uint64_t word, lab_row_piece piece)
{
    return word & ~piece;
}

#endif
