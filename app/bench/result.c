/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "result.h"

#include <stdlib.h>

bool result_ratio(const struct result *result, unsigned a, unsigned b, struct spread *ret_ratio)
{
    enum measure ranked = result->setting.pattern->ranked;
    const double *x = result->entries[a].values[ranked];
    const double *y = result->entries[b].values[ranked];

    if (measure_info(ranked)->less_is_better)
        return spread_of_ratios(y, x, result->rounds, ret_ratio);
    return spread_of_ratios(x, y, result->rounds, ret_ratio);
}

bool result_best_peer(const struct result *result, unsigned a, unsigned *ret_peer)
{
    double least = 0;
    bool found = false;

    for (unsigned i = 0; i < result->n_entries; i++) {
        struct spread ratio;

        if (i == a || contender_is_ours(result->entries[i].pool) ||
            !result_ratio(result, a, i, &ratio) || (found && ratio.median >= least))
            continue;
        found = true;
        least = ratio.median;
        *ret_peer = i;
    }
    return found;
}

void results_free(struct results *results)
{
    for (unsigned i = 0; i < results->n; i++)
        free(results->results[i].entries);
    free(results->results);
}
