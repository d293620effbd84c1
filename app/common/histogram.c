/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "histogram.h"

#include <math.h>

/* The largest value in a bucket: the inverse of histogram_bucket(). */
static uint64_t bucket_end(unsigned bucket)
{
    unsigned shift;
    uint64_t mantissa;

    if (bucket < 2u << HISTOGRAM_BITS)
        return bucket;
    shift = (bucket >> HISTOGRAM_BITS) - 1;
    mantissa = bucket - (shift << HISTOGRAM_BITS);
    return ((mantissa + 1) << shift) - 1; /* wraps to the right value in the very last */
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    into->n += from->n;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    if (from->max > into->max)
        into->max = from->max;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t rank = (uint64_t)ceil(share * (double)histogram->n), seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank && seen > 0) {
            uint64_t end = bucket_end(i);

            return end < histogram->max ? end : histogram->max;
        }
    }
    return 0;
}
