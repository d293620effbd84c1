/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The results for a person: a table for each setting, and a summary. */

#include "plan.h"
#include "report.h"

#include <math.h>
#include <rte_mbuf.h>
#include <string.h>

#define NAME_WIDTH 15
#define RATIO_WIDTH 22

/* Whether the pattern reports it, beside what it is ranked by. */
static bool is_shown(const struct pattern *pattern, enum measure measure)
{
    return pattern_has(pattern, measure) && measure != pattern->ranked;
}

/* As many digits as mean something, at any size. */
static void print_number(FILE *out, double value)
{
    if (isnan(value))
        fprintf(out, " %10s", "-");
    else
        fprintf(out, " %10.*f", value >= 100 ? 0 : value >= 10 ? 1 : 3, value);
}

static void print_head(FILE *out, const struct result *result)
{
    const struct pattern *pattern = result->setting.pattern;
    const struct measure_info *ranked = measure_info(pattern->ranked);
    char text[160];
    unsigned peer;

    plan_describe(&result->setting, text, sizeof(text));
    fprintf(out, "\n%s", text);
    if (pattern->count == NULL)
        fprintf(out, " on %u CPU%s", result->n_cpus, result->n_cpus == 1 ? "" : "s");
    fprintf(out, "\n%s (%s); ", pattern->operation, ranked->unit);
    if (pattern->count != NULL)
        fprintf(out, "counted\n");
    else if (result->setting.chunk_us > 0)
        fprintf(out, "%u chunks of %u us\n", result->samples, result->setting.chunk_us);
    else
        fprintf(out, "%u round%s\n", result->rounds, result->rounds == 1 ? "" : "s");
    fprintf(out, "  %-*s %10s", NAME_WIDTH, "pool", ranked->title);
    if (pattern->count == NULL)
        fprintf(out, " %10s %10s", "q1", "q3");
    for (unsigned measure = 0; measure < MEASURES; measure++) {
        if (is_shown(pattern, measure))
            fprintf(out, " %10s", measure_info(measure)->title);
    }
    if (result->n_entries > 1) {
        fprintf(out, " %10s", "to best");
        if (result_default(result, &peer))
            fprintf(out, "   %-*s", RATIO_WIDTH, "to " RTE_MBUF_DEFAULT_MEMPOOL_OPS);
        fprintf(out, "   %s is", result->entries[0].pool);
    }
    fputc('\n', out);
}

/* By how much a pool is better than the best of its peers: for the best of them, the second. */
static void print_to_best(FILE *out, const struct result *result, unsigned entry)
{
    struct spread ratio;
    unsigned peer;

    if (result_best_peer(result, entry, &peer) && result_ratio(result, entry, peer, &ratio))
        fprintf(out, " %8.2f x", ratio.median);
    else
        fprintf(out, " %10s", "-");
}

/* By how much entry `a` is better than entry `b`. */
static void print_ratio(FILE *out, const struct result *result, unsigned a, unsigned b)
{
    char text[64] = "-";
    struct spread ratio;

    if (a != b && result_ratio(result, a, b, &ratio) && result->samples == 1)
        snprintf(text, sizeof(text), "%.2f x", ratio.median);
    else if (a != b && result_ratio(result, a, b, &ratio))
        snprintf(text, sizeof(text), "%.2f x (%.2f to %.2f)", ratio.median, ratio.q1, ratio.q3);
    fprintf(out, "   %-*s", RATIO_WIDTH, text);
}

/* The ratios behind a pool's figures: how it compares with others. */
static void print_ratios(FILE *out, const struct result *result, unsigned entry)
{
    unsigned peer;

    print_to_best(out, result, entry);
    if (result_default(result, &peer))
        print_ratio(out, result, entry, peer);
    if (entry > 0)
        print_ratio(out, result, 0, entry);
}

void table_print(FILE *out, const struct result *result)
{
    const struct pattern *pattern = result->setting.pattern;

    print_head(out, result);
    for (unsigned i = 0; i < result->n_entries; i++) {
        struct spread ranked = result_spread(result, i, pattern->ranked);

        fprintf(out, "  %-*s", NAME_WIDTH, result->entries[i].pool);
        print_number(out, ranked.median);
        if (pattern->count == NULL) {
            print_number(out, ranked.q1);
            print_number(out, ranked.q3);
        }
        for (unsigned measure = 0; measure < MEASURES; measure++) {
            if (is_shown(pattern, measure)) {
                struct spread spread = result_spread(result, i, measure);

                /* The longest of longest calls, the median of all other measures. */
                print_number(out, measure == MEASURE_MAX ? spread.max : spread.median);
            }
        }
        if (result->n_entries > 1)
            print_ratios(out, result, i);
        if (result->entries[i].lost > 0)
            fprintf(out, "; has lost %u buffers", result->entries[i].lost);
        fputc('\n', out);
    }
    fflush(out);
}

void table_print_summary(FILE *out, const struct results *results)
{
    fprintf(out, "\nThe first pool beside the best of the others' (ratios above 1: the first is "
                 "better)\n");
    for (unsigned i = 0; i < results->n; i++) {
        const struct result *result = &results->results[i];
        struct spread ratio;
        char text[160];
        unsigned peer;

        plan_describe(&result->setting, text, sizeof(text));
        if (result->left_out[0] != '\0')
            fprintf(out, "  %-80s left out: %s\n", text, result->left_out);
        else if (result_best_peer(result, 0, &peer) && result_ratio(result, 0, peer, &ratio))
            fprintf(out, "  %-80s %7.2f x %-12s (%.2f to %.2f)\n", text, ratio.median,
                    result->entries[peer].pool, ratio.q1, ratio.q3);
    }
}
