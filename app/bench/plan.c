/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "plan.h"

#include "cpus.h"

#include <rte_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct list *chosen(const struct list *given, const struct list *own)
{
    return given->n > 0 ? given : own;
}

/* The choices of a pattern, in the order in which it varies. */
enum axis { AXIS_BULK, AXIS_CACHE, AXIS_LCORES, AXIS_OCCUPANCY, AXIS_LRU, AXIS_BUFS, AXES };

struct axes {
    const struct list *lists[AXES];
};

static struct axes axes_of(const struct pattern *pattern, const struct options *options)
{
    static const struct list none = LIST(0);
    const struct list *occupancy = chosen(&options->occupancy, &pattern->occupancy);
    const struct list *lru_bytes = chosen(&options->lru_bytes, &pattern->lru_bytes);

    return (struct axes){{
        [AXIS_BULK] = pattern->single ? &pattern->bulk : chosen(&options->bulk, &pattern->bulk),
        /* Only mempools have a cache, and only page allocators are measured half full. */
        [AXIS_CACHE] = pattern->pages ? &none : chosen(&options->cache, &pattern->cache),
        [AXIS_LCORES] = chosen(&options->lcores, &pattern->lcores),
        [AXIS_OCCUPANCY] = pattern->occupancy.n > 0 ? occupancy : &none,
        [AXIS_LRU] = pattern->lru_bytes.n > 0 ? lru_bytes : &none,
        [AXIS_BUFS] = chosen(&options->bufs, &pattern->bufs),
    }};
}

static unsigned n_combinations(const struct axes *axes)
{
    unsigned n = 1;

    for (unsigned i = 0; i < AXES; i++)
        n *= axes->lists[i]->n;
    return n;
}

/* Runs that an lcore holds at a time: a half of what is free, at the most, among all of them, so
 * that nobody finds nothing; nor more than those may hold that have no limit. */
static unsigned held_pages(const struct setting *setting, unsigned wanted)
{
    const struct pattern *pattern = setting->pattern;
    uint64_t free_pages = (uint64_t)setting->bufs * (100 - setting->occupancy) / 100;
    uint64_t pages = RTE_MIN(free_pages / 2, CONTENDER_PAGES_HELD_BYTES / CONTENDER_PAGE_BYTES);
    unsigned order = pattern->mix < LAB_PAGE_ORDERS ? pattern->mix : 0;

    return (unsigned)RTE_MAX(1u, RTE_MIN(wanted, (pages >> order) / setting->lcores));
}

static struct setting setting_of(const struct pattern *pattern, const struct options *options,
                                 const unsigned values[AXES])
{
    unsigned held = options->held != 0 ? options->held : pattern->held;
    struct setting setting = {
        .pattern = pattern,
        .bulk = pattern->single ? 1 : values[AXIS_BULK],
        .cache = values[AXIS_CACHE],
        .lcores = values[AXIS_LCORES],
        .drift = options->drift,
        .occupancy = values[AXIS_OCCUPANCY],
        .lru_bytes = values[AXIS_LRU],
        .bufs = values[AXIS_BUFS] * (pattern->bufs_each ? values[AXIS_LCORES] : 1),
        .crowded = pattern->crowd == CROWD_ALWAYS ||
                   (pattern->crowd == CROWD_NEEDED && values[AXIS_LCORES] > cpus_count()),
    };

    if (pattern->chunk_us > 0 && !setting.crowded)
        setting.chunk_us = options->slot_us > 0 ? options->slot_us : pattern->chunk_us;
    setting.held = RTE_MAX(held, setting.bulk);
    if (pattern->pages) {
        setting.bufs -= setting.bufs % LAB_BLOCK_PAGES;
        setting.held = pattern->held != 0 ? pattern->held : held_pages(&setting, setting.held);
    }
    return setting;
}

/* Appends all combinations for one pattern. */
static void combine(struct plan *plan, const struct pattern *pattern, const struct options *options)
{
    struct axes axes = axes_of(pattern, options);
    unsigned n = n_combinations(&axes);

    for (unsigned i = 0; i < n; i++) {
        unsigned values[AXES], rest = i;

        for (unsigned axis = AXES; axis-- > 0; rest /= axes.lists[axis]->n)
            values[axis] = axes.lists[axis]->values[rest % axes.lists[axis]->n];
        plan->settings[plan->n++] = setting_of(pattern, options, values);
    }
}

bool plan_make(struct plan *ret_plan, const struct options *options)
{
    unsigned n = 0;

    for (unsigned i = 0; i < options->n_patterns; i++) {
        struct axes axes = axes_of(options->patterns[i], options);

        n += n_combinations(&axes);
    }
    *ret_plan = (struct plan){.settings = calloc(n, sizeof(struct setting))};
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
        if (plan->settings[i].pattern->count == NULL && plan->settings[i].crowded == crowded)
            most = RTE_MAX(most, plan->settings[i].lcores);
    }
    return most;
}

/* The memory that the EAL, the rings of a pipeline and the workers take beside the pools. */
#define OTHER_BYTES ((size_t)16 << 20)

size_t plan_bytes(const struct setting *setting, const struct options *options, size_t page_bytes)
{
    size_t largest = 0, sum = 0;

    for (unsigned i = 0; i < options->n_pools; i++) {
        size_t bytes = contender_bytes(options->pools[i], setting->bufs, page_bytes);

        if (!pattern_takes(setting->pattern, contender_kind(options->pools[i])))
            continue;
        largest = RTE_MAX(largest, bytes);
        sum += bytes;
    }
    return OTHER_BYTES + (setting->pattern->count != NULL ? largest : sum); /* one at a time */
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
    if (pattern->most != 0 && setting->lcores > pattern->most)
        return "works with fewer lcores";
    if (pattern->pages && setting->bufs == 0)
        return "needs at least 512 pages";
    if (setting->bufs > LAB_POOL_COUNT_MAX)
        return "there are too many buffers for one pool";
    if (setting->held > setting->bufs)
        return "holds more buffers than there are";
    if (setting->drift > 0 && (pattern->pages || pattern->count != NULL || setting->cache > 0))
        return "--drift is for pools of buffers without a cache, and where time is taken";
    return NULL;
}

void plan_describe(const struct setting *setting, char *text, size_t capacity)
{
    const char *plural = setting->lcores == 1 ? "" : "s";

    if (setting->pattern->pages)
        snprintf(text, capacity, "%s: bulk %u, %u held, %u pages, %u %% occupied, %u lcore%s",
                 setting->pattern->name, setting->bulk, setting->held, setting->bufs,
                 setting->occupancy, setting->lcores, plural);
    else
        snprintf(text, capacity, "%s: bulk %u, cache %u, %u held, %u buffers, %u lcore%s",
                 setting->pattern->name, setting->bulk, setting->cache, setting->held,
                 setting->bufs, setting->lcores, plural);
    if (setting->lru_bytes > 0)
        snprintf(text + strlen(text), capacity - strlen(text), ", cache of %.4g MiB",
                 setting->lru_bytes / 1048576.0);
    if (setting->drift > 0)
        snprintf(text + strlen(text), capacity - strlen(text), ", drift %u", setting->drift);
}
