/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture.h"
#include "cpus.h"
#include "eal.h"
#include "flow.h"
#include "memory.h"
#include "message.h"
#include "options.h"
#include "pools.h"
#include "report.h"
#include "run.h"
#include "sizing.h"
#include "stop.h"

#include <errno.h>
#include <lab_os.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

/* The run so far: main() fills it in, step by step. */
struct replay {
    struct options options;
    struct capture capture;
    struct ports ports;
    unsigned n_mbufs;
    struct run_result results[OPTIONS_MAX_POOLS];
    unsigned n_results;
};

static int load(struct replay *replay)
{
    struct capture_limits limits = {
        .frames = replay->options.limit,
        .memory_bytes = memory_limit_bytes(),
        .frame_bytes = sizing_largest_frame(&replay->options),
    };

    if (capture_load(&replay->capture, replay->options.files, replay->options.n_files, &limits))
        return EXIT_FAILURE;
    if (!sizing_mbufs(&replay->options, replay->capture.largest, &replay->n_mbufs))
        return EXIT_USAGE;
    return EXIT_SUCCESS;
}

/* The ports tell which frames they can pass on, so this comes after the EAL has found them. */
static int aim(struct replay *replay)
{
    const struct options *options = &replay->options;
    int status = EXIT_SUCCESS;

    if (options->port != NULL) {
        status = ports_find(options, &replay->ports);
        if (status == EXIT_SUCCESS)
            ports_fit(&replay->ports, options, &replay->capture);
    }
    if (status == EXIT_SUCCESS && flow_spread(&replay->capture, options->rxq) != 0) {
        complain("%zu frames are more than can be spread over queues: --rxq=1",
                 replay->capture.n_frames);
        status = EXIT_FAILURE;
    }
    return status;
}

/* The names and the lcores are looked at before the first run, not after an hour. */
static int check(const struct options *options)
{
    unsigned needed = sizing_lcores(options);

    if (rte_lcore_count() < needed) {
        complain("%u lcores are needed (one for each queue%s), and the EAL has %u: "
                 "--lcores='(0-%u)@0' puts them on CPU 0, -l 0-%u on CPUs of their own",
                 needed, options->free_on_other ? ", one to free for each" : "", rte_lcore_count(),
                 needed - 1, needed - 1);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < options->n_pools; i++) {
        if (!pools_know("pool", options->pools[i]))
            return EXIT_USAGE;
    }
    return EXIT_SUCCESS;
}

static struct rte_mempool *create_pool(const struct replay *replay, const char *driver)
{
    const struct pool_spec spec = {
        .name = "replay",
        .driver = driver,
        .n_mbufs = replay->n_mbufs,
        .mbuf_size = replay->options.mbuf_size,
        .cache = replay->options.mbcache,
        .cache_option = "mbcache",
        .economy = "a smaller --total-num-mbufs",
    };

    return pools_create(&spec);
}

/* The capture through each pool in turn, until a signal comes. */
static int run_all(struct replay *replay)
{
    const struct options *options = &replay->options;
    int status = replay->capture.partial ? EXIT_FAILURE : EXIT_SUCCESS;

    for (unsigned i = 0; i < options->n_pools && stop_requested() != STOP_SIGNAL; i++) {
        struct run_result *result = &replay->results[i];
        struct rte_mempool *pool = create_pool(replay, options->pools[i]);
        int rc;

        if (pool == NULL)
            return EXIT_FAILURE;
        result->pool = options->pools[i];
        rc = run(options, &replay->capture, options->port == NULL ? NULL : &replay->ports, pool,
                 result);
        rte_mempool_free(pool);
        if (rc != 0)
            return EXIT_FAILURE;
        replay->n_results++;
        if (!run_is_clean(result))
            status = EXIT_FAILURE;
    }
    return replay->n_results == options->n_pools ? status : EXIT_FAILURE;
}

static int report(const struct replay *replay)
{
    const struct options *options = &replay->options;

    FILE *out = options->json != NULL && strcmp(options->json, "-") == 0 ? stderr : stdout;
    int status = EXIT_SUCCESS;

    if (replay->n_results == 0)
        return EXIT_SUCCESS;
    if (!options->quiet) {
        report_print(out, options, &replay->capture, replay->n_mbufs, replay->results,
                     replay->n_results);
        if (fflush(out) != 0) {
            complain("the report cannot be written: %s", strerror(errno));
            status = EXIT_FAILURE;
        }
    }
    if (options->json != NULL && report_json(options, &replay->capture, replay->n_mbufs,
                                             replay->results, replay->n_results) != 0)
        status = EXIT_FAILURE;
    return status;
}

static int replay_run(struct replay *replay)
{
    const struct options *options = &replay->options;
    unsigned mbuf_size = options->mbuf_size;
    char lcores[16 * RTE_MAX_LCORE];
    const struct eal_request request = {
        .user = options->eal,
        .lcores = lcores,
        .huge_bytes = pools_bytes(replay->n_mbufs, mbuf_size, LAB_PAGE_2M),
        .ordinary_bytes = pools_bytes(replay->n_mbufs, mbuf_size, lab_os_page_bytes()),
        .economy = "fewer buffers (--total-num-mbufs, --rxq, --rxd), or smaller ones (--mbuf-size)",
    };
    int status;

    sizing_lcore_map(options, lcores, sizeof(lcores));
    status = eal_start(&request);
    if (status != EXIT_SUCCESS)
        return status;
    status = check(options);
    if (status == EXIT_SUCCESS)
        status = aim(replay);
    if (status == EXIT_SUCCESS) {
        status = run_all(replay);
        if (report(replay) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    }
    eal_stop();
    return status;
}

int main(int argc, char *argv[])
{
    static struct replay replay;
    int status;

    switch (options_parse(&replay.options, argc, argv)) {
    case OPTIONS_ANSWERED:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    case OPTIONS_RUN:
        break;
    }
    if (replay.options.quiet)
        note_silence();
    cpus_remember();
    if (report_json_look(&replay.options) != 0)
        return EXIT_FAILURE;
    status = load(&replay);
    if (status == EXIT_SUCCESS) {
        /* Not earlier: who waits for a capture on a pipe has nothing to tidy up. */
        stop_on_signals();
        status = replay_run(&replay);
    }
    capture_free(&replay.capture);
    return status;
}
