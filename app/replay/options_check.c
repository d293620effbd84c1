/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The options that go together: one option cannot see the others. */

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

/* Whether what distinguishes two ports has two. */
static bool can_use_two(const struct options *options)
{
    const char *second = options->intf2 != NULL ? options->intf2 : options->port2;
    const char *split = options->cachefile != NULL ? "--cachefile"
                        : options->capture.is_dual ? "--dualfile"
                                                   : NULL;
    bool is_both = options->rx_port != NULL && strcmp(options->rx_port, "both") == 0;

    if (second == NULL && split != NULL)
        complain("%s is for two ports: --intf1=IFACE --intf2=IFACE, or --port and --port2", split);
    else if (second == NULL && is_both)
        complain("--rx-port=both is for two ports: --intf2=IFACE, or --port2");
    else if (second == NULL)
        return true;
    else if (options->rxq > 1)
        complain("--rxq=%u: one lcore sends on both ports, so that their order stays: --rxq=1",
                 options->rxq);
    else if (options->rx_port != NULL && !is_both && strcmp(options->rx_port, "none") != 0)
        complain("--rx-port=%s: with two ports, both or none", options->rx_port);
    else if (options->cachefile != NULL && options->capture.is_dual)
        complain("--cachefile and --dualfile exclude each other");
    else if (options->cachefile != NULL && options->capture.n_files != 1)
        complain("--cachefile is made of one capture: name that alone");
    else if (options->capture.is_dual && options->capture.n_files != 2)
        complain("--dualfile needs two captures: what clients send, then what servers do");
    else if (options->capture.order == CAPTURE_BESIDE)
        complain("--files=beside is for queues, not for two ports: leave it out");
    else
        return true;
    return false;
}

/* Whether ports are named once, the first before the second. */
static bool can_name_ports(const struct options *options)
{
    if (options->intf1 != NULL && options->port != NULL)
        complain("--intf1 and --port exclude each other");
    else if (options->intf2 != NULL && options->port2 != NULL)
        complain("--intf2 and --port2 exclude each other");
    else if (options->intf2 != NULL && options->intf1 == NULL)
        complain("--intf2=%s: needs an --intf1", options->intf2);
    else if (options->port2 != NULL && options->port == NULL)
        complain("--port2=%s: needs a --port", options->port2);
    else
        return can_use_two(options);
    return false;
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
    const char *port = options->intf1 != NULL ? options->intf1 : options->port;

    if (!can_name_ports(options))
        return false;
    if (options->rx_port != NULL && port == NULL) {
        complain("--rx-port=%s: needs a --port to send on", options->rx_port);
        return false;
    }
    if (port != NULL && other != NULL) {
        complain("%s is for the receive path of our own: leave out --%s=%s", other,
                 options->intf1 != NULL ? "intf1" : "port", port);
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
