/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "plan.h"

#include <rte_common.h>
#include <stdio.h>
#include <stdlib.h>

static const struct list *chosen(const struct list *given, const struct list *own)
{
    return given->n > 0 ? given : own;
}

static struct setting setting_of(const struct pattern *pattern, const struct options *options,
                                 unsigned bulk, unsigned cache, unsigned lcores, unsigned bufs)
{
    unsigned held = options->held != 0 ? options->held : pattern->held;

    if (pattern->single)
        bulk = 1;
    return (struct setting){
        .pattern = pattern,
        .bulk = bulk,
        .cache = cache,
        .lcores = lcores,
        .bufs = bufs,
        .held = RTE_MAX(held, bulk),
    };
}

/* Appends all combinations for one pattern. */
static void combine(struct plan *plan, const struct pattern *pattern, const struct options *options)
{
    const struct list *bulks =
        pattern->single ? &pattern->bulk : chosen(&options->bulk, &pattern->bulk);
    const struct list *caches = chosen(&options->cache, &pattern->cache);
    const struct list *lcores = chosen(&options->lcores, &pattern->lcores);
    const struct list *bufs = chosen(&options->bufs, &pattern->bufs);

    for (unsigned i = 0; i < bulks->n; i++)
        for (unsigned j = 0; j < caches->n; j++)
            for (unsigned k = 0; k < lcores->n; k++)
                for (unsigned l = 0; l < bufs->n; l++)
                    plan->settings[plan->n++] =
                        setting_of(pattern, options, bulks->values[i], caches->values[j],
                                   lcores->values[k], bufs->values[l]);
}

bool plan_make(struct plan *ret_plan, const struct options *options)
{
    size_t most = (size_t)options->n_patterns * LIST_MAX * LIST_MAX * LIST_MAX * LIST_MAX;

    *ret_plan = (struct plan){.settings = calloc(most, sizeof(struct setting))};
    if (ret_plan->settings == NULL)
        return false;
    for (unsigned i = 0; i < options->n_patterns; i++)
        combine(ret_plan, options->patterns[i], options);
    return true;
}

void plan_free(struct plan *plan)
{
    free(plan->settings);
}

unsigned plan_lcores(const struct plan *plan, bool crowded)
{
    unsigned most = 0;

    for (unsigned i = 0; i < plan->n; i++) {
        if (plan->settings[i].pattern->crowded == crowded)
            most = RTE_MAX(most, plan->settings[i].lcores);
    }
    return most;
}

size_t plan_bytes(const struct setting *setting, const struct options *options, size_t page_bytes)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < options->n_pools; i++) {
        if (setting->pattern->native || contender_kind(options->pools[i]) == CONTENDER_MEMPOOL)
            bytes += contender_bytes(options->pools[i], setting->bufs, page_bytes);
    }
    return bytes;
}

size_t plan_largest(const struct plan *plan, const struct options *options, size_t page_bytes,
                    size_t limit_bytes)
{
    size_t largest = 0, smallest = SIZE_MAX;

    for (unsigned i = 0; i < plan->n; i++) {
        size_t bytes = plan_bytes(&plan->settings[i], options, page_bytes);

        smallest = RTE_MIN(smallest, bytes);
        if (bytes <= limit_bytes)
            largest = RTE_MAX(largest, bytes);
    }
    return largest > 0 ? largest : smallest;
}

const char *plan_objection(const struct setting *setting)
{
    const struct pattern *pattern = setting->pattern;

    if (setting->lcores < pattern->least)
        return "needs more lcores";
    if (pattern->multiple != 0 && setting->lcores % pattern->multiple != 0)
        return "works with lcores in pairs, so with an even number of them";
    if (setting->held > setting->bufs)
        return "holds more buffers than there are";
    return NULL;
}

void plan_describe(const struct setting *setting, char *text, size_t capacity)
{
    snprintf(text, capacity, "%s: bulk %u, cache %u, %u held, %u buffers, %u lcore%s",
             setting->pattern->name, setting->bulk, setting->cache, setting->held, setting->bufs,
             setting->lcores, setting->lcores == 1 ? "" : "s");
}
