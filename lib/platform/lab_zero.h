/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ZERO_H
#define LAB_ZERO_H

/* Zeroes memory that nobody is about to read: past the caches, where the processor can, so that
 * what others have there stays. */

#include <lab_common.h>
#include <stddef.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Both are multiples of LAB_CACHE_LINE. Done, to every other thread, when it returns and the caller
 * lets them know by a release. */
static inline void lab_zero_cold(void *memory, size_t bytes)
{
#ifdef __SSE2__
    const __m128i zero = _mm_setzero_si128();
    char *begin = (char *)memory, *end = begin + bytes;

    for (char *at = begin; at < end; at += LAB_CACHE_LINE)
        for (int i = 0; i < LAB_CACHE_LINE; i += 16)
            _mm_stream_si128((__m128i *)(void *)(at + i), zero);
    _mm_sfence(); /* such stores come in any order */
#else
    memset(memory, 0, bytes);
#endif
}

#endif
