/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_HISTOGRAM_H
#define COMMON_HISTOGRAM_H

#include <stdint.h>

/* Counts of values of any size, each known to better than one part in 128: below 256 every value
 * has a bucket of its own, above that each power of two has 128 (the layout of HdrHistogram).
 * Counting one costs a few instructions and never fails. */

#define HISTOGRAM_BITS 7 /* buckets of a power of two, as a power of two */
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
    uint64_t n;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_bucket(uint64_t value)
{
    unsigned shift;

    if (value < UINT64_C(2) << HISTOGRAM_BITS)
        return (unsigned)value;
    shift = 63 - HISTOGRAM_BITS - (unsigned)__builtin_clzll(value);
    return (shift << HISTOGRAM_BITS) + (unsigned)(value >> shift);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->n++;
    histogram->buckets[histogram_bucket(value)]++;
    if (value > histogram->max)
        histogram->max = value;
}

void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value that a share of all values (above 0, up to 1) do not exceed, rounded up to its bucket's
 * end; 0 when there are none. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
