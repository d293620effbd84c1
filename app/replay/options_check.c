/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Which options go together: what one option cannot see of the others. */

#include "options.h"

#include "message.h"

#include <inttypes.h>
#include <string.h>

/* Whether --find-size, if it is there, has what it needs: runs of one pool, which end. */
static bool can_find_size(const struct options *options)
{
    bool ends = options->loop != 0 || options->capture.frames != 0 || options->duration_s > 0;

    if (!options->find_size)
        return true;
    if (options->n_pools > 1) {
        complain("--find-size looks at one pool at a time: --pool=%s", options->pools[0]);
        return false;
    }
    if (options->pace.kind == PACE_ONEATATIME) {
        complain("--find-size runs the capture many times: --oneatatime would want keys for each");
        return false;
    }
    if (!ends)
        complain("--find-size wants runs that end: --duration=SEC, or --loop=N above 0");
    return ends;
}

/* Whether --port, if it is there, has beside it only what goes over ports. */
static bool can_use_port(const struct options *options)
{
    bool is_held_by_age = options->hold.kind != HOLD_NONE && options->hold.kind != HOLD_ALL;
    const char *other = options->stream      ? "--stream"
                        : options->unique_ip ? "--unique-ip"
                        : options->clone     ? "--clone"
                        : options->find_size ? "--find-size"
                        : is_held_by_age     ? "--hold"
                                             : NULL;

    if (options->rx_port != NULL && options->port == NULL) {
        complain("--rx-port=%s: needs a --port to send on", options->rx_port);
        return false;
    }
    if (options->port != NULL && other != NULL) {
        complain("%s is for the receive path of our own: leave out --port=%s", other,
                 options->port);
        return false;
    }
    return true;
}

/* Whether --reserve, if it is there, has a pool that can have one. */
static bool can_reserve(const struct options *options)
{
    if (options->reserve == 0)
        return true;
    for (unsigned i = 0; i < options->n_pools; i++) {
        if (strcmp(options->pools[i], "labyrinth") != 0) {
            complain("--reserve: pools of %s have none, only those of labyrinth",
                     options->pools[i]);
            return false;
        }
    }
    if (options->mbcache != 0) {
        complain("--mbcache=%u: would keep buffers of the --reserve to an lcore: leave it out",
                 options->mbcache);
        return false;
    }
    if (options->find_size) {
        complain("--find-size looks for a pool that needs no --reserve: leave it out");
        return false;
    }
    if (options->total_num_mbufs != 0 && options->reserve >= options->total_num_mbufs) {
        complain("--reserve=%u: of %u buffers (--total-num-mbufs), at most %u", options->reserve,
                 options->total_num_mbufs, options->total_num_mbufs - 1);
        return false;
    }
    return true;
}

/* Whether what goes on from loop to loop has several of them. */
static bool can_loop(const struct options *options)
{
    uint64_t same = options->unique_ip_loops == 0 ? 1 : options->unique_ip_loops;

    if (options->unique_ip_loops != 0 && !options->unique_ip) {
        complain("--unique-ip-loops needs --unique-ip");
        return false;
    }
    if (options->unique_ip && options->loop != 0 && options->loop <= same) {
        complain("--unique-ip needs --loop=%" PRIu64 " or more: the first loop%s the addresses of "
                 "the capture, what comes after has others",
                 same + 1, same == 1 ? " has" : "s have");
        return false;
    }
    if (options->pace.loop_delay_ns > 0 && options->loop == 1) {
        complain("--loopdelay-ms needs --loop: it is the wait between two loops");
        return false;
    }
    if (options->pace.loop_delay_ns > 0 && options->pace.kind == PACE_ONEATATIME) {
        complain("--loopdelay-ms: with --oneatatime it is the keys that are waited for");
        return false;
    }
    return true;
}

/* Whether all go together: an option that does nothing beside the others was meant otherwise. */
bool options_make_sense(const struct options *options)
{
    const struct pace *pace = &options->pace;

    if (options->capture.n_files == 0) {
        complain("no capture named: " PROGRAM " FILE..., or see --help");
        return false;
    }
    for (int i = 0; pace->kind == PACE_ONEATATIME && i < options->capture.n_files; i++) {
        if (strcmp(options->capture.files[i], "-") == 0) {
            complain("--oneatatime takes its keys from standard input: it cannot be a capture too");
            return false;
        }
    }
    if (pace->together != 0 && pace->kind != PACE_PPS) {
        complain("--pps-multi needs --pps");
        return false;
    }
    if (pace->longest_ns > 0 && !pace_is_timed(pace)) {
        complain("--maxsleep needs --multiplier, --pps or --mbps");
        return false;
    }
    if (options->window_mib != 0 && !options->stream) {
        complain("--window needs --stream");
        return false;
    }
    return can_find_size(options) && can_reserve(options) && can_use_port(options) &&
           can_loop(options);
}
