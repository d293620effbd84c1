/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-replay: from the command line to the exit status, step by step. */

#include "capture/capture.h"
#include "capture/flow.h"
#include "capture/flow_count.h"
#include "capture/stream.h"
#include "capture/way.h"
#include "cpus.h"
#include "eal.h"
#include "life/meter.h"
#include "memory.h"
#include "message.h"
#include "options.h"
#include "pools.h"
#include "report/report.h"
#include "run/find_size.h"
#include "run/rounds.h"
#include "run/run.h"
#include "run/sizing.h"
#include "standard.h"
#include "status.h"
#include "stop.h"
#include "words.h"

#include <errno.h>
#include <lab_os.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (1024.0 * 1024.0)

/* The run so far: main() fills it in, step by step. */
struct replay {
    struct options options;
    struct capture capture;
    struct way_cache *ways; /* of --cachefile */
    struct ports ports;
    unsigned n_mbufs;
    struct rounds rounds;
    bool failed;  /* one of the runs so far was not clean */
    bool found;   /* the smallest pool, which --find-size looked for */
    char **words; /* the command line as it was given */
    int n_words;
};

static int open_stream(struct replay *replay, const struct capture_request *capture)
{
    const struct options *options = &replay->options;
    const struct stream_request request = {
        .capture = *capture,
        .pace = options->pace,
        .loops = options->loop,
        .window_bytes = options->window_mib << 20,
        .n_queues = options->rxq,
        .reads_once = !options->find_size && options->n_pools * options->repeat == 1,
        .unique_ip_loops = options->unique_ip ? options->unique_ip_loops : 0,
        .duration_ns = (uint64_t)(options->duration_s * 1e9),
    };

    return stream_open(&replay->capture, &request);
}

static int take_for_queues(const struct replay *replay)
{
    const struct options *options = &replay->options;
    uint64_t bytes = sizing_beside_bytes(options, &replay->capture, replay->n_mbufs);

    if (memory_take(bytes))
        return 0;
    complain(
        "%u queues (--rxq) need %.0f MiB of memory beside the pool, for --stream, --hold, "
        "--exhaust or --unique-ip, and %.0f MiB may be used: fewer queues, a smaller --window, "
        "or fewer buffers (--total-num-mbufs)",
        options->rxq, (double)bytes / MIB, (double)memory_left() / MIB);
    return -ENOMEM;
}

static int load(struct replay *replay)
{
    const struct options *options = &replay->options;
    struct capture_request request = options->capture;
    int rc;

    request.memory_bytes = RTE_MAX(memory_left(), 1u);
    request.frame_bytes = sizing_largest_frame(options);
    if (options->cachefile != NULL) {
        rc = way_cache_open(&replay->ways, options->cachefile);
        if (rc != 0)
            return rc;
        request.ways = replay->ways;
    }
    rc = options->stream ? open_stream(replay, &request) : capture_load(&replay->capture, &request);
    if (rc != 0)
        return rc;
    (void)memory_take(capture_memory_bytes(&replay->capture)); /* it is there already */
    rc = sizing_mbufs(options, &replay->capture, &replay->n_mbufs);
    return rc != 0 ? rc : take_for_queues(replay);
}

/* A wait of years in the middle of a capture is a clock that was set, or a fault: nobody should
 * learn of it by waiting. */
static void report_long_pass(const struct replay *replay)
{
    const struct options *options = &replay->options;
    char pass[32], longest[32];
    uint64_t last_ns, longest_ns;
    size_t frame;

    if (!pace_is_timed(&options->pace) || replay->capture.stream != NULL)
        return;
    last_ns = capture_last_due(&replay->capture, &options->pace, &longest_ns, &frame);
    if (last_ns <= PACE_LONG_NS ||
        (options->duration_s > 0 && options->duration_s * 1e9 <= (double)last_ns))
        return;
    pace_format(last_ns, pass, sizeof(pass));
    pace_format(longest_ns, longest, sizeof(longest));
    note(
        "at this pace a pass takes %s, %s of it before frame %zu of those to replay: --maxsleep=MS "
        "bounds the waits, --duration=SEC the run",
        pass, longest, frame + 1);
}

/* The ports tell which frames they can pass on, so this comes after the EAL has found them. */
static int aim(struct replay *replay)
{
    const struct options *options = &replay->options;
    int rc;

    if (options->port != NULL) {
        rc = ports_find(options, &replay->ports);
        if (rc != 0)
            return rc;
        ports_fit(&replay->ports, options, &replay->capture);
    }
    if (!options->stream)
        flow_count(&replay->capture);
    capture_plan(&replay->capture, &options->pace);
    report_long_pass(replay);
    if (options->port2 != NULL) {
        bool is_marked = options->cachefile != NULL || options->capture.is_dual;

        rc = way_split(&replay->capture, is_marked ? WAY_BY_MARK : WAY_BY_FLOW);
        if (rc != 0)
            return rc;
    }
    rc = flow_spread(&replay->capture, options->rxq, options->capture.order == CAPTURE_BESIDE);
    if (rc == 0)
        return 0;
    complain("%zu frames are more than can be spread over queues: --rxq=1, or a part of them, with "
             "--limit",
             replay->capture.n_frames);
    return rc;
}

/* The names and the lcores are looked at before the first run, not after an hour. */
static int check(const struct options *options)
{
    unsigned needed = sizing_lcores(options);

    if (rte_lcore_count() < needed) {
        complain("%u lcores are needed (one for each queue%s), and the EAL has %u: "
                 "--lcores='(0-%u)@0' puts them on CPU 0, -l 0-%u on CPUs of their own",
                 needed, options->free_on != FREE_ON_SAME ? ", one to free for each" : "",
                 rte_lcore_count(), needed - 1, needed - 1);
        return -EINVAL;
    }
    for (unsigned i = 0; i < options->n_pools; i++) {
        if (!pools_know("pool", options->pools[i]))
            return -EINVAL;
    }
    return 0;
}

static struct rte_mempool *create_pool(const struct replay *replay, const char *driver,
                                       unsigned n_mbufs)
{
    const struct pool_spec spec = {
        .name = "replay",
        .driver = driver,
        .n_mbufs = n_mbufs,
        .mbuf_size = replay->options.mbuf_size,
        .cache = replay->options.mbcache,
        .reserve = replay->options.reserve,
        /* AF_XDP's driver wants the buffers in one piece. */
        .paged = replay->options.port == NULL,
        .cache_option = "mbcache",
        .memory_advice = "a smaller --total-num-mbufs",
    };

    return pools_create(&spec);
}

/* Runs once through a pool of n_mbufs buffers. */
static int run_once(struct replay *replay, const char *driver, unsigned n_mbufs,
                    struct run_result *ret_result)
{
    struct rte_mempool *pool = create_pool(replay, driver, n_mbufs);
    int rc;

    if (pool == NULL)
        return -ENOMEM;
    ret_result->pool = driver;
    rc = run(&replay->options, &replay->capture,
             replay->options.port == NULL ? NULL : &replay->ports, pool, ret_result);
    pools_free(pool);
    if (rc == 0 && !result_is_clean(ret_result))
        replay->failed = true;
    return rc;
}

/* Says how many runs a signal has kept from being made: the report has only the others. */
static int leave_out(const struct options *options, unsigned done)
{
    complain("interrupted: %u of %u runs have been made", done, options->repeat * options->n_pools);
    return -EINTR;
}

/* The capture through each pool in turn, until a signal comes. */
static int run_all(struct replay *replay)
{
    const struct options *options = &replay->options;
    int rc;

    for (unsigned i = 0; i < options->repeat; i++) {
        for (unsigned j = 0; j < options->n_pools; j++) {
            if (stop_requested() == STOP_SIGNAL)
                return leave_out(options, i * options->n_pools + j);
            rc = run_once(replay, options->pools[j], replay->n_mbufs,
                          rounds_next(&replay->rounds, j));
            if (rc != 0)
                return rc;
            rounds_done(&replay->rounds, j);
        }
    }
    return 0;
}

static int run_size(void *context, unsigned n_mbufs, struct run_result *ret_result)
{
    struct replay *replay = context;

    return run_once(replay, replay->options.pools[0], n_mbufs, ret_result);
}

static int run_find_size(struct replay *replay)
{
    const struct options *options = &replay->options;
    uint64_t least = sizing_least(options, &replay->capture);
    const struct find_size find = {
        .least = (unsigned)RTE_MIN(least, replay->n_mbufs),
        .most = replay->n_mbufs,
        .repeat = options->repeat,
        .run = run_size,
        .context = replay,
    };
    int rc;

    rc = find_size(&find, &replay->n_mbufs, rounds_next(&replay->rounds, 0));
    if (rc == -EINTR)
        complain(
            "interrupted: the smallest pool has not been found, and the report has the run that "
            "was under way, with %u buffers",
            replay->n_mbufs);
    if (rc == 0 || rc == -EINTR)
        rounds_done(&replay->rounds, 0);
    replay->found = rc == 0;
    return rc;
}

/* The report when a signal has come before the first frame. */
static struct run_result never_started(const struct replay *replay)
{
    return (struct run_result){
        .pool = replay->options.pools[0],
        .stopped = STOP_SIGNAL,
        .not_reached = replay->capture.n_frames,
        .unread = true,
        .interrupted = true,
    };
}

static int write_report(const struct replay *replay)
{
    const struct options *options = &replay->options;
    struct run_result results[OPTIONS_MAX_POOLS];
    struct report report = {
        .options = options,
        .capture = &replay->capture,
        .n_mbufs = replay->n_mbufs,
        .results = results,
        .words = replay->found ? replay->words : NULL,
        .n_words = replay->n_words,
    };
    unsigned *n = &report.n;

    while (*n < options->n_pools && replay->rounds.n[*n] > 0) {
        results[*n] = rounds_median(&replay->rounds, *n);
        (*n)++;
    }
    if (*n == 0 && stop_requested() == STOP_SIGNAL) {
        results[(*n)++] = never_started(replay);
        (void)report_write(&report);
        return -EINTR;
    }
    if (*n == 0)
        return 0;
    for (unsigned i = 0; i < *n; i++)
        results[i].interrupted |=
            results[i].stopped == STOP_SIGNAL ||
            (stop_requested() == STOP_SIGNAL && replay->rounds.n[i] < options->repeat);
    return report_write(&report) == 0 ? 0 : -EIO;
}

/* All runs, and what is to be said of them: also of those before one that failed. */
static int run_and_report(struct replay *replay)
{
    int rc = replay->options.find_size ? run_find_size(replay) : run_all(replay);

    if (replay->capture.stream != NULL)
        stream_count(replay->capture.stream, &replay->capture);
    /* The command line was right, whatever went wrong. */
    if (write_report(replay) != 0 || rc != 0 || replay->failed || replay->capture.partial)
        return -EIO;
    return 0;
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
        .memory_advice =
            "fewer buffers (--total-num-mbufs, --rxq, --rxd), smaller ones (--mbuf-size), or "
            "less of the capture at a time (--limit, --stream)",
    };
    int rc;

    sizing_lcore_map(options, lcores, sizeof(lcores));
    rc = eal_start(&request);
    if (rc != 0)
        return rc;
    rc = check(options);
    if (rc == 0 && meter_register() != 0) {
        complain("mbufs have no room for a time: %s", rte_strerror(rte_errno));
        rc = -ENOMEM;
    }
    if (rc == 0)
        rc = aim(replay);
    if (rc == 0)
        rc = run_and_report(replay);
    eal_stop();
    return rc;
}

int main(int argc, char *argv[])
{
    static struct replay replay;
    int rc, status;

    standard_open();
    /* From here on a signal ends the run with its report, whatever is under way. */
    stop_on_signals();
    if (words_expand(&argc, &argv) != 0)
        return EXIT_USAGE;
    /* getopt moves the words about. */
    replay.n_words = argc;
    replay.words = malloc((size_t)argc * sizeof(*argv));
    if (replay.words == NULL)
        return EXIT_FAILURE;
    memcpy(replay.words, argv, (size_t)argc * sizeof(*argv));
    if (option_ends_program(options_parse(&replay.options, argc, argv), &status))
        return status;
    stop_on_pipe();
    if (replay.options.quiet)
        note_silence();
    cpus_remember();
    if (report_look(&replay.options) != 0)
        return EXIT_FAILURE;
    rc = load(&replay);
    if (rc == 0)
        rc = rounds_open(&replay.rounds, replay.options.n_pools, replay.options.repeat);
    if (rc == 0)
        rc = stop_requested() == STOP_SIGNAL ? write_report(&replay) : replay_run(&replay);
    rounds_close(&replay.rounds);
    stream_close(replay.capture.stream);
    capture_free(&replay.capture);
    way_cache_close(replay.ways);
    free(replay.words);
    return exit_status(rc);
}
