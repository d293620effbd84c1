/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PREFETCH_H
#define LAB_PREFETCH_H

#include <lab_common.h>

/* Asks for a cache line that the caller will write, so that no other core has it any more when the
 * write comes. Any address will do; one that is not mapped is ignored. */
LAB_INLINE void lab_prefetch_exclusive(const void *address)
{
#ifdef __x86_64__
    /* Compilers make an ordinary prefetch of __builtin_prefetch() unless they may assume this
     * instruction. A CPU without it ignores it. */
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
    __builtin_prefetch(address, 1, 3);
#endif
}

#endif
