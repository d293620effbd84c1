/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The results for a program: --json. */

#include "cpus.h"
#include "host.h"
#include "json_file.h"
#include "report.h"

#include <math.h>

static void set_count(json_t *object, const char *key, unsigned value)
{
    json_object_set_new(object, key, json_integer(value));
}

/* JSON knows no infinity: what is as many times better as one likes becomes null. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *spread_object(struct spread spread)
{
    json_t *object = json_object();

    json_object_set_new(object, "median", number(spread.median));
    json_object_set_new(object, "min", number(spread.min));
    json_object_set_new(object, "max", number(spread.max));
    json_object_set_new(object, "q1", number(spread.q1));
    json_object_set_new(object, "q3", number(spread.q3));
    return object;
}

/* By how much an entry is better than each of the others: the median, or in full. */
static json_t *ratio_object(const struct result *result, unsigned entry, bool full)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < result->n_entries; i++) {
        struct spread ratio;

        if (i == entry)
            continue;
        if (!result_ratio(result, entry, i, &ratio))
            json_object_set_new(object, result->entries[i].pool, json_null());
        else
            json_object_set_new(object, result->entries[i].pool,
                                full ? spread_object(ratio) : number(ratio.median));
    }
    return object;
}

/* The best of an entry's peers, and by how much it is better than that: null without a peer. */
static json_t *best_object(const struct result *result, unsigned entry)
{
    struct spread ratio;
    json_t *object;
    unsigned peer;

    if (!result_best_peer(result, entry, &peer) || !result_ratio(result, entry, peer, &ratio))
        return json_null();
    object = spread_object(ratio);
    json_object_set_new(object, "pool", json_string(result->entries[peer].pool));
    return object;
}

/* By how much it is better than DPDK's default driver: null without, or for that itself. */
static json_t *default_object(const struct result *result, unsigned entry)
{
    struct spread ratio;
    json_t *object;
    unsigned peer;

    if (!result_default(result, &peer) || peer == entry ||
        !result_ratio(result, entry, peer, &ratio))
        return json_null();
    object = spread_object(ratio);
    json_object_set_new(object, "pool", json_string(result->entries[peer].pool));
    return object;
}

/* The values that were, or were not, measured; more is added by the caller. */
static json_t *setting_object(const struct setting *setting)
{
    json_t *object = json_object();

    json_object_set_new(object, "pattern", json_string(setting->pattern->name));
    set_count(object, "bulk", setting->bulk);
    set_count(object, "cache", setting->cache);
    set_count(object, "lcores", setting->lcores);
    set_count(object, "held", setting->held);
    set_count(object, "drift", setting->drift);
    set_count(object, "bufs", setting->bufs);
    set_count(object, "occupancy", setting->occupancy);
    set_count(object, "lru_bytes", setting->lru_bytes);
    set_count(object, "slot_us", setting->chunk_us);
    return object;
}

static json_t *entry_object(const struct result *result, unsigned entry)
{
    const struct setting *setting = &result->setting;
    json_t *object = setting_object(setting);

    set_count(object, "cpus", result->n_cpus);
    set_count(object, "rounds", result->rounds);
    set_count(object, "samples", result->samples);
    set_count(object, "undisturbed", result_undisturbed(result, entry, entry));
    json_object_set_new(object, "line", line_object(&result->line));
    json_object_set_new(object, "pool", json_string(result->entries[entry].pool));
    for (unsigned measure = 0; measure < MEASURES; measure++) {
        if (pattern_has(setting->pattern, measure))
            json_object_set_new(object, measure_info(measure)->key,
                                spread_object(result_spread(result, entry, measure)));
    }
    set_count(object, "lost", result->entries[entry].lost);
    json_object_set_new(object, "ranked_by",
                        json_string(measure_info(setting->pattern->ranked)->key));
    json_object_set_new(object, "ratio", ratio_object(result, entry, false));
    json_object_set_new(object, "ratio_spread", ratio_object(result, entry, true));
    json_object_set_new(object, "best_peer", best_object(result, entry));
    json_object_set_new(object, "default_peer", default_object(result, entry));
    return object;
}

static json_t *left_out_object(const struct result *result)
{
    json_t *object = setting_object(&result->setting);

    json_object_set_new(object, "reason", json_string(result->left_out));
    return object;
}

int report_json(const struct options *options, const struct results *results)
{
    json_t *report = json_object(), *measured = json_array(), *left_out = json_array();
    json_t *host = host_object();
    int rc;

    json_object_set_new(host, "line", line_object(&results->line));
    set_count(host, "rounds", options->rounds);
    set_count(host, "slot_ms", options->slot_ms);
    for (unsigned i = 0; i < results->n; i++) {
        const struct result *result = &results->results[i];

        if (result->left_out[0] != '\0')
            json_array_append_new(left_out, left_out_object(result));
        for (unsigned j = 0; result->rounds > 0 && j < result->n_entries; j++)
            json_array_append_new(measured, entry_object(result, j));
    }
    json_object_set_new(report, "host", host);
    json_object_set_new(report, "results", measured);
    json_object_set_new(report, "left_out", left_out);
    rc = json_file_write(options->json, report);
    json_decref(report);
    return rc;
}
