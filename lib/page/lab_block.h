/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_BLOCK_H
#define LAB_BLOCK_H

/* A block: 2 MiB in 512 pages, given out in orders 0 to 9.
 *
 *     state   |F F|H T|S|S|F F F F F F F F F F|     one word: 16 rows and a version
 *                      | |
 *     row 4   |ppp..pp.....pppp............|  |     one word: 32 pages      F free as a whole
 *     row 5   |p.p.............pp..........| -+     one word: 32 pages      H T an allocation's
 *     others  |closed                      |                                    head and tail rows
 *                                                                           S split into pages
 *
 * Every allocation and every free, of whatever order, takes effect in exactly one compare-and-swap
 * on one 64-bit word; nothing is ever rolled back. Orders 0 to 4 are in a row's word (lab_row.h),
 * orders 5 to 9 in the block's (lab_block_state.h).
 *
 * Invariant:
 *   - a row that is not split is closed, save an allocation of one row that its holder is
 * splitting, or was when it died (a thread without an intent, below);
 *   - a row that is split and closed has exactly one thread in transit, whose intent names it;
 *   - a row is opened with its splitter's own pages taken, so that no other can close it meanwhile.
 * At rest without deaths no row is both split and closed, and an open row is empty only if the
 * thread that emptied it had no intent word.
 *
 * Transit takes two steps, since two words change. Both begin with a store of the intent:
 *   split       state: free -> split, then the row's word is opened with the splitter's run in it;
 *   coalesce    row: last page -> closed, then state: split -> free.
 * A thread that dies between the two leaves a row split and closed, and its intent names that row:
 * lab_block_find_orphan() and lab_block_recover() bring it back. They are deceived neither by an
 * intent that a thread left when it died at another step nor by a second sweep at the same time:
 *   - no other living thread's intent names the row (otherwise it is that thread's transit);
 *   - the row's word is still the same, and that means that it was not opened in between: a closing
 *     is stamped with the version that the state had since the row was split, so no two closings of
 *     a row are alike;
 *   - the compare-and-swap of the state compares its version.
 *
 * Without an intent word (a NULL transit; see doc/adr/0004) a thread may do everything but leave a
 * row in transit. To split a row it first takes it as an allocation of one row: nobody else touches
 * that, and if it dies, it dies holding it. Where it puts the last page of a row back it leaves the
 * row open and empty, for the next thread that gets and puts a page there.
 *
 * Progress: nothing waits. A get that fails is wait-free; all other calls are lock-free: another
 * turn of a loop means that some other thread's compare-and-swap has taken effect.
 *
 * Labels of the orders, each with its partner (loads and failed compare-and-swaps are relaxed,
 * unless they stand here):
 *     G1  get in a row             acquire   pairs with G2, G3: what former holders did is done
 *     G2  put in a row             release   pairs with G1, G4
 *     G3  store that opens a row   release   pairs with G1, G9
 *     G4  put that closes a row    acq_rel   pairs with G2 and G9: acquires what the row's other
 *                                            holders did, releases the intent
 *     G5  coalesce                 release   pairs with G6, G7
 *     G6  split                    acq_rel   pairs with G5, G8, G12, and G9, to which it
 *                                            releases the intent
 *     G7  get of rows              acquire   pairs with G5, G8, G12
 *     G8  put of rows              release   pairs with G6, G7
 *     G9  view of state and row   acquire   pairs with G3, G4, G6, G13
 *     G10 the sweep's load of an intent   acquire   pairs with G11
 *     G11 the intent is taken back release   pairs with G10: who sees it gone sees the row open or
 *                                            the state changed
 *     G12 recovery                 release   pairs with G6, G7
 *     G13 a row becomes split, without an intent   release   pairs with G9
 *
 * Source: Wrenger et al., "LLFree: Scalable and Optionally-Persistent Page-Frame Allocation" (2023)
 * for blocks with two levels; heads, stamps, intents and the single step are Labyrinth's own. */

#include <lab_atomic.h>
#include <lab_block_state.h>
#include <lab_common.h>
#include <lab_row.h>

#define LAB_BLOCK_PAGES (LAB_BLOCK_ROWS * LAB_ROW_PAGES)
#define LAB_PAGE_ORDERS 10u

/* The smallest order that is of whole rows. */
#define LAB_BLOCK_ROW_ORDER (LAB_ROW_ORDER_MAX + 1)

struct lab_block {
    alignas(LAB_CACHE_LINE) lab_atomic_t state;
    alignas(LAB_CACHE_LINE) lab_atomic_t row[LAB_BLOCK_ROWS];
};

/* A thread in transit: its intent word, 0 while it is not, and the number that names the block's
 * row 0 in it, not 0. The next rows have the next numbers. */
struct lab_block_transit {
    lab_atomic_t *intent;
    uint64_t row_0;
};

/* A row split and closed, as lab_block_find_orphan() saw it. */
struct lab_block_orphan {
    uint64_t state;
    uint64_t word;
};

/* Makes a block, all free. Not thread-safe. */
void lab_block_init(struct lab_block *block);

/* Splits a free row, the caller's piece (which has page 0) taken in it. transit may be NULL. false:
 * no row is free. Lock-free. */
bool lab_block_split(struct lab_block *block, lab_row_piece piece,
                     const struct lab_block_transit *transit, unsigned *ret_row);

/* Puts a piece back into its row, which coalesces if that was the last. transit may be NULL.
 * *ret_order is then the largest order that can be had in the row, or after coalescing in the
 * block's free rows.
 * Returns 0; -ENOENT when the first page is free; -ERANGE when it is not, but no such piece is
 * allocated. Then nothing is changed. Lock-free. */
int lab_block_put(struct lab_block *block, unsigned row, lab_row_piece piece,
                  const struct lab_block_transit *transit, unsigned *ret_order);

/* Puts rows back: allocations of one order from LAB_BLOCK_ROW_ORDER on, by the rows at which they
 * begin (bit i is row i). *ret_order and errors as above. Lock-free. */
int lab_block_put_rows(struct lab_block *block, uint32_t starts, unsigned order,
                       unsigned *ret_order);

/* Whether the row is in transit. Wait-free. */
bool lab_block_find_orphan(const struct lab_block *block, unsigned row,
                           struct lab_block_orphan *ret_orphan);

/* Brings back a row that was left behind in transit: to be called when no living thread's intent
 * named it after it was found. false: something has changed since. Wait-free. */
bool lab_block_recover(struct lab_block *block, unsigned row,
                       const struct lab_block_orphan *orphan);

/* Whether the invariant above holds, as it does at rest when the dead have been swept: no row is
 * split and closed, and every allocation has its shape. */
bool lab_block_is_valid(const struct lab_block *block);

/* The largest order that can be had in free rows, or 0. Wait-free. */
LAB_INLINE unsigned lab_block_largest_in_rows(uint64_t state)
{
    uint32_t free = lab_block_state_free(state);

    if (free == 0xffff) /* the usual one, and the longest to find */
        return LAB_PAGE_ORDERS - 1;
    return free != 0 ? LAB_BLOCK_ROW_ORDER + lab_run_largest(free) : 0;
}

/* Gets the lowest free runs of an order up to LAB_ROW_ORDER_MAX in a row, at most n of them;
 * returns the pages at which they begin. Lock-free. */
LAB_INLINE uint32_t lab_block_get(struct lab_block *block, unsigned row, unsigned order, unsigned n)
{
    uint64_t seen = lab_load_relaxed(&block->row[row]);
    uint32_t starts;

    while (lab_likely((starts = lab_row_lowest(seen, order, n)) != 0)) {
        uint64_t taken = lab_row_take(seen, lab_row_runs(starts, order));

        lab_invariant(lab_row_is_valid(taken));
        /* G1: or a former holder may yet write into the pages */
        if (lab_likely(lab_cas_acquire(&block->row[row], &seen, taken)))
            break;
    }
    return starts;
}

/* Gets this row, if it is free. Lock-free. */
LAB_INLINE bool lab_block_get_row(struct lab_block *block, unsigned row)
{
    uint64_t seen = lab_load_relaxed(&block->state);

    while (lab_block_state_free(seen) >> row & 1)
        /* G7: or a former holder may yet write into the row's pages */
        if (lab_cas_acquire(&block->state, &seen, lab_block_state_take(seen, 1u << row, 0)))
            return true;
    return false;
}

/* Gets rows: the lowest free runs of an order from LAB_BLOCK_ROW_ORDER on, at most n of them;
 * returns the rows at which they begin. Lock-free. */
LAB_INLINE uint32_t lab_block_get_rows(struct lab_block *block, unsigned order, unsigned n)
{
    uint64_t seen = lab_load_relaxed(&block->state);
    unsigned rows = order - LAB_BLOCK_ROW_ORDER;
    uint32_t starts;

    while ((starts = lab_block_state_lowest(seen, rows, n)) != 0) {
        uint64_t taken = lab_block_state_take(seen, starts, rows);

        lab_invariant(lab_block_state_is_valid(taken));
        if (lab_cas_acquire(&block->state, &seen, taken)) /* G7 */
            break;
    }
    return starts;
}

#endif
