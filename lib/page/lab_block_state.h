/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_BLOCK_STATE_H
#define LAB_BLOCK_STATE_H

/* The state word of a block: two bits for each of its 16 rows, and a version. Its transitions,
 * without atomics; lab_block.h runs them inside one compare-and-swap.
 *
 *     bits 63 ........ 32 | 31 .... 16 | 15 .... 0
 *          version        | B          | A
 *
 *     A B   the row is
 *     0 0   free as a whole
 *     0 1   split: its pages are given out by the row word
 *     1 1   the head of an allocation of 1, 2, 4, 8 or 16 rows
 *     1 0   its tail
 *
 * The version is one more after each change, so that equal words mean that nothing has changed in
 * between (2^32 changes of one block take minutes, a compare-and-swap does not).
 *
 * "order" here counts rows: order 0 is one row, order 4 the block. "starts" are allocations of one
 * order, by the rows at which they begin: bit i is row i. */

#include <lab_run.h>
#include <stdbool.h>

#define LAB_BLOCK_ROWS 16u

/* The largest order, in rows: the block. */
#define LAB_BLOCK_ORDER_MAX 4u

LAB_INLINE uint32_t lab_block_state_version(uint64_t state)
{
    return (uint32_t)(state >> 32);
}

LAB_INLINE uint64_t lab_block_state_bits(uint32_t a, uint32_t b)
{
    return (uint64_t)b << LAB_BLOCK_ROWS | a;
}

/* Changes the rows that differ, and the version. */
LAB_INLINE uint64_t lab_block_state_next(uint64_t state, uint64_t set, uint64_t clear)
{
    return ((state | set) & ~clear) + (UINT64_C(1) << 32);
}

/* Whether the heads and tails are allocations, as they are in every state. */
static inline bool lab_block_state_is_valid(uint64_t state)
{
    uint32_t a = (uint32_t)state & 0xffff, b = (uint32_t)(state >> LAB_BLOCK_ROWS) & 0xffff;

    return lab_run_is_cut(a, a & b, LAB_BLOCK_ORDER_MAX);
}

/* The rows that are free as a whole. */
LAB_INLINE uint32_t lab_block_state_free(uint64_t state)
{
    return ~(uint32_t)(state | state >> LAB_BLOCK_ROWS) & 0xffff;
}

/* The rows that are split. */
LAB_INLINE uint32_t lab_block_state_splits(uint64_t state)
{
    return (uint32_t)(state >> LAB_BLOCK_ROWS & ~state) & 0xffff;
}

LAB_INLINE bool lab_block_state_is_split(uint64_t state, unsigned row)
{
    return lab_block_state_splits(state) >> row & 1;
}

/* The starts of the lowest free runs of rows of that order, at most n of them. */
LAB_INLINE uint32_t lab_block_state_lowest(uint64_t state, unsigned order, unsigned n)
{
    return lab_run_lowest(lab_run_starts(lab_block_state_free(state), order), n);
}

/* free... -> head, tail... */
LAB_INLINE uint64_t lab_block_state_take(uint64_t state, uint32_t starts, unsigned order)
{
    uint64_t bits = lab_block_state_bits(starts * lab_run_mask(order), starts);

    return lab_block_state_next(state, bits, 0);
}

/* Whether each of these is an allocation, of just this order. */
LAB_INLINE bool lab_block_state_holds(uint64_t state, uint32_t starts, unsigned order)
{
    uint32_t rows = starts * lab_run_mask(order);
    uint32_t a = (uint32_t)state & 0xffff, b = (uint32_t)(state >> LAB_BLOCK_ROWS) & 0xffff;
    uint32_t behind = rows << 1 & ~rows;

    return (a & rows) == rows && (b & rows) == starts && (a & ~b & behind) == 0;
}

/* head, tail... -> free...; only what lab_block_state_holds(). */
LAB_INLINE uint64_t lab_block_state_give(uint64_t state, uint32_t starts, unsigned order)
{
    uint64_t bits = lab_block_state_bits(starts * lab_run_mask(order), starts);

    return lab_block_state_next(state, 0, bits);
}

/* free -> split */
LAB_INLINE uint64_t lab_block_state_split(uint64_t state, unsigned row)
{
    return lab_block_state_next(state, lab_block_state_bits(0, UINT32_C(1) << row), 0);
}

/* split -> free */
LAB_INLINE uint64_t lab_block_state_coalesce(uint64_t state, unsigned row)
{
    return lab_block_state_next(state, 0, lab_block_state_bits(0, UINT32_C(1) << row));
}

/* An allocation of one row -> split */
LAB_INLINE uint64_t lab_block_state_convert(uint64_t state, unsigned row)
{
    return lab_block_state_next(state, 0, lab_block_state_bits(UINT32_C(1) << row, 0));
}

#endif
