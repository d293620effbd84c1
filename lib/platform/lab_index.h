/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_INDEX_H
#define LAB_INDEX_H

/* Indices that another process may have written. A check alone does not keep a processor from
 * reading behind it: where it guesses the branch wrong, it reads first and forgets later, and what
 * it read can be distinguished from its caches. So an index is checked and then bounded without a
 * branch.
 *
 * Source of the bound: array_index_nospec() of Linux. */

#include <lab_common.h>
#include <stdint.h>

/* The index if it is below count, otherwise 0; count is 1 to 2^63. No branch, wait-free. Compilers
 * do not see what the statements in assembler do: what they know from a check before is no reason
 * to leave the bound out. */
LAB_INLINE uint64_t lab_index_bounded(uint64_t index, uint64_t count)
{
#ifdef __x86_64__
    uint64_t mask; /* all ones if the subtraction borrows */

    __asm__("cmpq %2, %1\n\tsbbq %0, %0" : "=r"(mask) : "r"(index), "rm"(count) : "cc");
    return index & mask;
#else
    __asm__("" : "+r"(index));
    return index & (uint64_t)((int64_t) ~(index | (count - 1 - index)) >> 63);
#endif
}

#endif
