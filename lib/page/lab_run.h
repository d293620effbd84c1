/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_RUN_H
#define LAB_RUN_H

/* Aligned runs in a mask of free places: a run of order k is 2^k places from a multiple of 2^k on.
 * The places are the 32 pages of a row, or the 16 rows of a block. No atomics. */

#include <lab_common.h>
#include <stdbool.h>
#include <stdint.h>

/* A mask has 32 places, so the largest run is of order 5. */
#define LAB_RUN_ORDERS 6u

/* The run of that order at place 0. */
LAB_INLINE uint32_t lab_run_mask(unsigned order)
{
    return (uint32_t)((UINT64_C(1) << (1u << order)) - 1);
}

/* The places where a run of that order may begin. */
LAB_INLINE uint32_t lab_run_aligned(unsigned order)
{
    static const uint32_t aligned[LAB_RUN_ORDERS] = {0xffffffff, 0x55555555, 0x11111111,
                                                     0x01010101, 0x00010001, 0x00000001};

    return aligned[order];
}

/* The places where a free run of that order begins. */
LAB_INLINE uint32_t lab_run_starts(uint32_t free, unsigned order)
{
    for (unsigned i = 0; i < order; i++)
        free &= free >> (1u << i);
    return free & lab_run_aligned(order);
}

/* The lowest of the places, at most n of them. */
LAB_INLINE uint32_t lab_run_lowest(uint32_t places, unsigned n)
{
    uint32_t rest = places;

    if (n >= 32) /* the usual number in a burst */
        return places;
    while (n-- > 0 && rest != 0)
        rest &= rest - 1;
    return places & ~rest;
}

/* The order of the largest free run; free is not 0. */
LAB_INLINE unsigned lab_run_largest(uint32_t free)
{
    unsigned order = 0;

    for (; order + 1 < LAB_RUN_ORDERS; order++) {
        uint32_t pairs = free & free >> (1u << order) & lab_run_aligned(order + 1);

        if (pairs == 0)
            break;
        free = pairs;
    }
    return order;
}

/* Whether the taken places, cut before each head, are aligned runs of orders up to `most`, and
 * every head is one of them. */
static inline bool lab_run_is_cut(uint32_t taken, uint32_t heads, unsigned most)
{
    if ((heads & ~taken) != 0)
        return false;
    while (taken != 0) {
        unsigned first = (unsigned)__builtin_ctz(taken), order = 0;
        uint32_t tails = (taken & ~heads) >> first >> 1;
        unsigned length = 1 + (tails != UINT32_MAX ? (unsigned)__builtin_ctz(~tails) : 0);

        while (order < most && 1u << order < length)
            order++;
        if (!(heads >> first & 1) || 1u << order != length || first % length != 0)
            return false;
        taken &= ~(lab_run_mask(order) << first);
    }
    return true;
}

/* Cuts the free places into as few runs as there can be and adds them, by order, to counts[]. */
static inline void lab_run_count(uint32_t free, uint32_t counts[LAB_RUN_ORDERS])
{
    for (unsigned order = LAB_RUN_ORDERS; order-- > 0;) {
        uint32_t starts = lab_run_starts(free, order);

        counts[order] += (uint32_t)__builtin_popcount(starts);
        free &= ~(starts * lab_run_mask(order)); /* the runs do not overlap */
    }
}

#endif
