/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "result.h"

#include <math.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

bool result_open(struct result *result, unsigned n_entries, unsigned samples)
{
    result->entries = calloc(n_entries, sizeof(*result->entries));
    if (result->entries == NULL)
        return false;
    result->n_entries = result->n_opened = n_entries;
    for (unsigned i = 0; i < n_entries; i++) {
        struct entry *entry = &result->entries[i];

        entry->disturbed = calloc(samples, sizeof(*entry->disturbed));
        if (entry->disturbed == NULL)
            return false;
        for (unsigned measure = 0; measure < MEASURES; measure++) {
            if (!pattern_has(result->setting.pattern, measure))
                continue;
            entry->values[measure] = calloc(samples, sizeof(double));
            if (entry->values[measure] == NULL)
                return false;
        }
    }
    return true;
}

static void close_result(struct result *result)
{
    for (unsigned i = 0; result->entries != NULL && i < result->n_opened; i++) {
        for (unsigned measure = 0; measure < MEASURES; measure++)
            free(result->entries[i].values[measure]);
        free(result->entries[i].disturbed);
    }
    free(result->entries);
}

unsigned result_undisturbed(const struct result *result, unsigned a, unsigned b)
{
    const bool *x = result->entries[a].disturbed, *y = result->entries[b].disturbed;
    unsigned n = 0;

    for (unsigned i = 0; i < result->samples; i++)
        n += !x[i] && !y[i];
    return n;
}

/* A copy of what entry `a` measured, without what was disturbed in it or in `b`, if the rest is
 * enough; the caller frees it. */
static double *copy_values(const struct result *result, unsigned a, unsigned b,
                           enum measure measure)
{
    bool all = result_undisturbed(result, a, b) < RESULT_ENOUGH;
    const bool *x = result->entries[a].disturbed, *y = result->entries[b].disturbed;
    double *values = malloc(result->samples * sizeof(*values));

    for (unsigned i = 0; values != NULL && i < result->samples; i++)
        values[i] = all || (!x[i] && !y[i]) ? result->entries[a].values[measure][i] : NAN;
    return values;
}

struct spread result_spread(const struct result *result, unsigned entry, enum measure measure)
{
    double *values = copy_values(result, entry, entry, measure);
    struct spread spread = {NAN, NAN, NAN, NAN, NAN};

    if (values != NULL)
        spread = spread_of(values, result->samples);
    free(values);
    return spread;
}

bool result_ratio(const struct result *result, unsigned a, unsigned b, struct spread *ret_ratio)
{
    enum measure ranked = result->setting.pattern->ranked;
    bool less = measure_info(ranked)->less_is_better;
    double *x = copy_values(result, a, b, ranked), *y = copy_values(result, b, a, ranked);
    bool found = x != NULL && y != NULL &&
                 spread_of_ratios(less ? y : x, less ? x : y, result->samples, ret_ratio);

    free(x);
    free(y);
    return found;
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

bool result_default(const struct result *result, unsigned *ret_peer)
{
    for (unsigned i = 0; i < result->n_entries; i++) {
        if (strcmp(result->entries[i].pool, RTE_MBUF_DEFAULT_MEMPOOL_OPS) == 0) {
            *ret_peer = i;
            return true;
        }
    }
    return false;
}

void results_free(struct results *results)
{
    for (unsigned i = 0; i < results->n; i++)
        close_result(&results->results[i]);
    free(results->results);
}
