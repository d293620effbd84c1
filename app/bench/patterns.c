/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pattern.h"

#include "message.h"
#include "suggest.h"

#include <rte_common.h>
#include <stdio.h>
#include <string.h>

extern const struct pattern local_bulk, local_single, shared_bulk, overflow, oversubscribed,
    pipeline, pipeline_touched, frozen, worst, worst_oversubscribed, native_single, native_bulk;

const struct pattern *const patterns[] = {
    &local_bulk, &local_single,         &shared_bulk,    &overflow,
    &pipeline,   &pipeline_touched,     &oversubscribed, &frozen,
    &worst,      &worst_oversubscribed, &native_single,  &native_bulk,
};
const unsigned n_patterns = RTE_DIM(patterns);

const struct pattern *pattern_named(const char *name)
{
    for (unsigned i = 0; i < n_patterns; i++) {
        if (strcmp(name, patterns[i]->name) == 0)
            return patterns[i];
    }
    return NULL;
}

void complain_pattern(const char *name)
{
    const char *names[RTE_DIM(patterns)], *nearest;
    char list[512] = "";
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
        printf("  %-21s %s\n", patterns[i]->name, patterns[i]->shows);
}
