/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-bench: mempools and page allocators in one process, taking turns. */

#include "cpus.h"
#include "eal.h"
#include "host.h"
#include "hugepages.h"
#include "json_file.h"
#include "lcores.h"
#include "memory.h"
#include "message.h"
#include "options.h"
#include "plan.h"
#include "progress.h"
#include "report.h"
#include "slots.h"
#include "standard.h"
#include "status.h"
#include "stop.h"

#include <errno.h>
#include <lab_os.h>
#include <stdlib.h>
#include <string.h>

static int start_eal(const struct options *options, const struct plan *plan)
{
    char lcores[16 * RTE_MAX_LCORE];
    const struct eal_request request = {
        .user = options->eal,
        .lcores = lcores,
        .huge_bytes = plan_largest(plan, options, LAB_PAGE_2M, hugepages_free_bytes()),
        .ordinary_bytes = plan_largest(plan, options, lab_os_page_bytes(), memory_left()),
        .memory_advice = "a smaller --bufs, or fewer --pools",
    };

    /* Two for the round trip of a cache line, whatever is measured. */
    lcores_map(RTE_MAX(2u, plan_lcores(plan, false)), plan_lcores(plan, true), lcores,
               sizeof(lcores));
    return eal_start(&request);
}

/* A pool that is named must be measured; of the usual ones, those are that there are. */
static bool check_pools(const struct options *options)
{
    for (unsigned i = 0; i < options->n_pools; i++) {
        if (contender_exists(options->pools[i]))
            continue;
        if (options->pools_given || contender_is_ours(options->pools[i])) {
            contender_complain(options->pools[i]);
            return false;
        }
        note("%s is not in this DPDK or not built in, and is left out", options->pools[i]);
    }
    return true;
}

static FILE *table_file(const struct options *options)
{
    return options->json != NULL && strcmp(options->json, "-") == 0 ? stderr : stdout;
}

static int measure_one(const struct options *options, struct progress *progress,
                       struct result *result)
{
    const struct slots_monitor monitor = {.turn = progress_turn, .context = progress};
    enum slots_verdict verdict = slots_run(options, &monitor, result);

    progress_clear(progress);
    if (result->left_out[0] != '\0')
        note("%s is left out: %s", result->setting.pattern->name, result->left_out);
    else if (!options->quiet)
        table_print(table_file(options), result);
    return verdict == SLOTS_LEAKED ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int measure_all(const struct options *options, const struct plan *plan,
                       struct results *results)
{
    struct progress progress;
    int status = EXIT_SUCCESS;

    progress_start(&progress, !options->quiet, plan->n, options->rounds);
    for (unsigned i = 0; i < plan->n && stop_requested() == STOP_NONE; i++) {
        struct result *result = &results->results[results->n++];

        result->setting = plan->settings[i];
        progress_setting(&progress, result->setting.pattern->name, i);
        if (measure_one(options, &progress, result) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    }
    return stop_requested() == STOP_NONE ? status : EXIT_FAILURE;
}

static int bench(const struct options *options, const struct plan *plan)
{
    struct results results = {.results = calloc(plan->n, sizeof(struct result))};
    int status;

    if (results.results == NULL)
        return EXIT_FAILURE;
    results.line = line_measure_any();
    if (!options->quiet)
        host_print(table_file(options), &results.line);
    status = measure_all(options, plan, &results);
    if (!options->quiet && results.n > 1)
        table_print_summary(table_file(options), &results);
    if (!options->quiet && fflush(table_file(options)) != 0) {
        complain("the table cannot be written: %s", strerror(errno));
        status = EXIT_FAILURE;
    }
    if (options->json != NULL && report_json(options, &results) != 0)
        status = EXIT_FAILURE;
    results_free(&results);
    return status;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct plan plan;
    int rc, status;

    standard_open();
    if (option_ends_program(options_parse(&options, argc, argv), &status))
        return status;
    if (options.quiet)
        note_silence();
    stop_on_signals();
    stop_on_pipe();
    cpus_remember();
    if (json_file_look(options.json) != 0)
        return EXIT_FAILURE;
    if (!plan_make(&plan, &options))
        return EXIT_FAILURE;
    rc = start_eal(&options, &plan);
    status = exit_status(rc);
    if (rc == 0) {
        status = check_pools(&options) ? bench(&options, &plan) : EXIT_USAGE;
        eal_stop();
    }
    plan_free(&plan);
    return status;
}
