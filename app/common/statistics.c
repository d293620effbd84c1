/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "statistics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct spread spread_of(const double values[], unsigned n)
{
    double sorted[STATISTICS_MAX];
    unsigned known = 0, half;

    assert(n >= 1 && n <= STATISTICS_MAX);
    for (unsigned i = 0; i < n; i++) {
        if (!isnan(values[i]))
            sorted[known++] = values[i];
    }
    if (known == 0)
        return (struct spread){NAN, NAN, NAN};
    qsort(sorted, known, sizeof(*sorted), compare);
    half = known / 2;
    return (struct spread){
        .median = known % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
        .min = sorted[0],
        .max = sorted[known - 1],
    };
}

bool spread_of_ratios(const double a[], const double b[], unsigned n, struct spread *ret_spread)
{
    double ratios[STATISTICS_MAX];
    unsigned kept = 0;

    assert(n <= STATISTICS_MAX);
    for (unsigned i = 0; i < n; i++) {
        double ratio = a[i] / b[i]; /* NAN also for 0 / 0 */

        if (!isnan(ratio))
            ratios[kept++] = ratio;
    }
    if (kept == 0)
        return false;
    *ret_spread = spread_of(ratios, kept);
    return true;
}
