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

/* Below this share of sorted values, of two of which the mean, weighted, is in between. */
static double quantile(const double sorted[], unsigned n, double share)
{
    double at = share * (n - 1), below = floor(at);
    double low = sorted[(unsigned)below], high = sorted[(unsigned)ceil(at)];

    return low == high ? low : low + (high - low) * (at - below); /* infinite ones, too */
}

/* Of values without a NAN. */
static struct spread spread_of_known(double values[], unsigned n)
{
    if (n == 0)
        return (struct spread){NAN, NAN, NAN, NAN, NAN};
    qsort(values, n, sizeof(*values), compare);
    return (struct spread){
        .median = quantile(values, n, 0.5),
        .min = values[0],
        .max = values[n - 1],
        .q1 = quantile(values, n, 0.25),
        .q3 = quantile(values, n, 0.75),
    };
}

struct spread spread_of(const double values[], unsigned n)
{
    double *known = malloc(n * sizeof(*known));
    unsigned n_known = 0;
    struct spread spread;

    assert(n >= 1);
    for (unsigned i = 0; i < n && known != NULL; i++) {
        if (!isnan(values[i]))
            known[n_known++] = values[i];
    }
    spread = spread_of_known(known, n_known);
    free(known);
    return spread;
}

bool spread_of_ratios(const double a[], const double b[], unsigned n, struct spread *ret_spread)
{
    double *ratios = malloc(n * sizeof(*ratios));
    unsigned kept = 0;

    for (unsigned i = 0; i < n && ratios != NULL; i++) {
        double ratio = a[i] / b[i]; /* NAN also for 0 / 0 */

        if (!isnan(ratio))
            ratios[kept++] = ratio;
    }
    if (kept > 0)
        *ret_spread = spread_of_known(ratios, kept);
    free(ratios);
    return kept > 0;
}
