/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* All patterns, and how they are named. */

#include "pattern.h"

#include "message.h"
#include "suggest.h"

#include <fnmatch.h>
#include <rte_common.h>
#include <stdio.h>
#include <string.h>

extern const struct pattern local_bulk, local_single, shared_bulk, overflow, oversubscribed,
    pipeline, pipeline_touched, frozen, worst, worst_oversubscribed, native_single, native_bulk,
    native_ring, page_order_0, page_order_1, page_order_2, page_order_3, page_order_4, page_order_5,
    page_order_6, page_order_7, page_order_8, page_order_9, page_mixed, page_fragmented_pages,
    page_fragmented_singles, page_fragmented_counts, page_zero, footprint, footprint_local,
    scaling_counts_local, scaling_counts_pairs, scaling_counts_fan_out, scaling_counts_fan_in,
    scaling_counts_random;

const struct pattern *const patterns[] = {
    &local_bulk,
    &local_single,
    &shared_bulk,
    &overflow,
    &pipeline,
    &pipeline_touched,
    &oversubscribed,
    &frozen,
    &worst,
    &worst_oversubscribed,
    &native_single,
    &native_bulk,
    &native_ring,
    &page_order_0,
    &page_order_1,
    &page_order_2,
    &page_order_3,
    &page_order_4,
    &page_order_5,
    &page_order_6,
    &page_order_7,
    &page_order_8,
    &page_order_9,
    &page_mixed,
    &page_fragmented_pages,
    &page_fragmented_singles,
    &page_fragmented_counts,
    &page_zero,
    &footprint,
    &footprint_local,
    &scaling_counts_local,
    &scaling_counts_pairs,
    &scaling_counts_fan_out,
    &scaling_counts_fan_in,
    &scaling_counts_random,
};
const unsigned n_patterns = RTE_DIM(patterns);

static bool is_among(const struct pattern *pattern, const struct pattern *const list[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (list[i] == pattern)
            return true;
    }
    return false;
}

unsigned patterns_named(const char *name, const struct pattern *list[], unsigned n, bool *ret_found)
{
    bool found = false;

    for (unsigned i = 0; i < n_patterns; i++) {
        if (fnmatch(name, patterns[i]->name, 0) != 0)
            continue;
        found = true;
        if (!is_among(patterns[i], list, n))
            list[n++] = patterns[i];
    }
    *ret_found = found;
    return n;
}

void complain_pattern(const char *name)
{
    const char *names[RTE_DIM(patterns)], *nearest;
    char list[1024] = "";
    size_t length = 0;

    for (unsigned i = 0; i < n_patterns; i++) {
        names[i] = patterns[i]->name;
        length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", i == 0 ? "" : ", ",
                                   names[i]);
    }
    nearest = suggest(name, names, n_patterns);
    if (nearest != NULL)
        complain("--pattern=%s: no such pattern: did you mean %s? (there are: %s)", name, nearest,
                 list);
    else
        complain("--pattern=%s: no such pattern (there are: %s)", name, list);
}

void patterns_print(void)
{
    for (unsigned i = 0; i < n_patterns; i++)
        printf("  %-23s %s\n", patterns[i]->name, patterns[i]->shows);
}
