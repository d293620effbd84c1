/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "message.h"
#include "statistics.h"

#include <rte_config.h>
#include <rte_mbuf_core.h>
#include <rte_mempool.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Options that have no letter. */
enum {
    OPTION_DURATION = OPTION_NO_LETTER,
    OPTION_INCLUDE,
    OPTION_EXCLUDE,
    OPTION_LINKTYPE,
    OPTION_FILES,
    OPTION_UNIQUE_IP,
    OPTION_STREAM,
    OPTION_WINDOW,
    OPTION_PPS_MULTI,
    OPTION_MAXSLEEP,
    OPTION_PORT,
    OPTION_RX_PORT,
    OPTION_RXQ,
    OPTION_RXD,
    OPTION_BURST,
    OPTION_MBUF_SIZE,
    OPTION_TOTAL_NUM_MBUFS,
    OPTION_MBCACHE,
    OPTION_POOL,
    OPTION_FREE_ON,
    OPTION_HOLD,
    OPTION_EXHAUST,
    OPTION_RESERVE,
    OPTION_CLONE,
    OPTION_SEED,
    OPTION_REPEAT,
    OPTION_FIND_SIZE,
    OPTION_STATS,
    OPTION_VERIFY,
    OPTION_NO_VERIFY,
    OPTION_JSON,
};

static const struct option_spec specs[] = {
    {NULL, NULL, 0, "Time"},
    {"topspeed", NULL, 't', "as fast as the buffers come (this is the default)"},
    {"multiplier", "X", 'x', "as fast as recorded, times X"},
    {"pps", "N", 'p', "N frames a second"},
    {"mbps", "N", 'M', "N million bits a second, of the frames as captured"},
    {"oneatatime", NULL, 'o', "one packet for each key pressed, or byte on standard input"},
    {"pps-multi", "N", OPTION_PPS_MULTI, "with --pps: N frames at once, then a wait for all (1)"},
    {"maxsleep", "MS", OPTION_MAXSLEEP, "no wait between frames is longer than MS milliseconds"},
    {"loop", "N", 'l', "replay the capture N times (1); 0: until interrupted"},
    {"limit", "N", 'L', "stop after N frames; no more of the capture is read"},
    {"duration", "SEC", OPTION_DURATION, "stop after SEC seconds"},
    {NULL, NULL, 0, "What is replayed"},
    {"filter", "BPF", 'f', "only frames that match, as in tcpdump: \"tcp port 80\""},
    {"include", "LIST", OPTION_INCLUDE,
     "only the frames with these numbers in their file: 1-5,9,72-"},
    {"exclude", "LIST", OPTION_EXCLUDE, "not the frames with these numbers"},
    {"linktype", "KIND", OPTION_LINKTYPE,
     "frames that are not Ethernet are refused (strict, the default)" OPTION_NEXT
     "or get an Ethernet header (pad-eth)"},
    {"files", "ORDER", OPTION_FILES,
     "several files one after the other (append, the default), by the" OPTION_NEXT
     "times of their frames (merge), or beginning together, each on a" OPTION_NEXT
     "queue of its own (beside)"},
    {"unique-ip", NULL, OPTION_UNIQUE_IP,
     "with --loop: each further loop has IP addresses of its own, and" OPTION_NEXT
     "checksums stay right"},
    {"stream", NULL, OPTION_STREAM,
     "do not load the capture: read it ahead of the replay, for one" OPTION_NEXT
     "that memory cannot hold, or that comes through a pipe"},
    {"window", "MIB", OPTION_WINDOW, "with --stream: how much is read ahead, of all queues (64)"},
    {NULL, NULL, 0, "Where it is received"},
    {"port", "N|NAME", OPTION_PORT,
     "send the capture out on this ethdev port, and receive it there;" OPTION_NEXT
     "without it, it comes from our own receive queues"},
    {"rx-port", "N|NAME", OPTION_RX_PORT, "receive it on another port; none: only send"},
    {"rxq", "N", OPTION_RXQ,
     "receive queues, each polled by an lcore of its own (1," OPTION_NEXT
     "or one for each file with --files=beside)"},
    {"rxd", "N", OPTION_RXD, "descriptors of a queue, a power of two (512)"},
    {"burst", "N", OPTION_BURST, "most packets that a poll takes (32)"},
    {"verify", NULL, OPTION_VERIFY, "compare every byte received (this is the default)"},
    {"no-verify", NULL, OPTION_NO_VERIFY, "compare nothing, for speed"},
    {NULL, NULL, 0, "How the buffers live"},
    {"pool", "NAME,...", OPTION_POOL,
     "mempool driver (labyrinth); several are run in turn and compared"},
    {"mbuf-size", "BYTES", OPTION_MBUF_SIZE,
     "data room of a buffer, with its headroom of 128 (2176);" OPTION_NEXT
     "larger frames become chains"},
    {"total-num-mbufs", "N", OPTION_TOTAL_NUM_MBUFS,
     "buffers of the pool (chosen to suffice for the queues)"},
    {"mbcache", "N", OPTION_MBCACHE, "DPDK's own cache for each lcore (256); 0: none"},
    {"free-on", "WHERE", OPTION_FREE_ON,
     "same: on the receiving lcore (this is the default);" OPTION_NEXT
     "other: on another one; random: on either, by bursts"},
    {"hold", "HOW", OPTION_HOLD,
     "keep packets before they are freed: fixed:N, until N more" OPTION_NEXT
     "have come; exp:MEAN, the same by chance; forever:SHARE, a" OPTION_NEXT
     "share of them to the end. Frames that find no buffer then" OPTION_NEXT
     "are dropped, as by a NIC; without, the wire waits"},
    {"exhaust", NULL, OPTION_EXHAUST, "keep all packets until the pool is empty, let go, go on"},
    {"reserve", "N", OPTION_RESERVE,
     "N buffers of the pool are for reception alone (0): packets in" OPTION_NEXT
     "them are received, but not kept. Without DPDK's cache"},
    {"clone", NULL, OPTION_CLONE, "go on with a clone of each packet (indirect buffers)"},
    {"seed", "N", OPTION_SEED, "for what goes by chance (1)"},
    {"find-size", NULL, OPTION_FIND_SIZE,
     "find the smallest pool of which no allocation fails, with" OPTION_NEXT
     "--total-num-mbufs as the largest that is tried"},
    {"repeat", "N", OPTION_REPEAT,
     "rounds, with the pools in turn in each (1): medians and" OPTION_NEXT "their spread"},
    {NULL, NULL, 0, "Report"},
    {"json", "FILE", OPTION_JSON,
     "write the report to FILE (-: stdout, the other to stderr);" OPTION_NEXT
     "an array when there are several pools"},
    {"stats", "SEC", OPTION_STATS, "print a line every SEC seconds"},
    {"quiet", NULL, 'q', "no report, no progress, no notes: errors and the exit status only"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "version, and the DPDK it runs on"},
};

/* What an option may be at most: a time that the clock can count to, and a rate that is a double's
 * still when it is multiplied. */
#define MOST_SECONDS 1e9
#define MOST_RATE 1e15
#define LEAST_PERIOD_S 0.001 /* what is printed more often nobody reads */

/* Until it is known whether there is a reserve, with which the default is another. */
#define MBCACHE_UNSET UINT_MAX

_Static_assert(2 * OPTIONS_MAX_QUEUES <= RTE_MAX_LCORE, "a queue needs up to two lcores");

static const struct option_table table = {specs, sizeof(specs) / sizeof(specs[0])};

static void print_help(void)
{
    printf("Usage: " PROGRAM " [EAL options --] [options] FILE...\n"
           "\n"
           "Replays captures (pcap and pcapng, by content, whatever the name) through receive\n"
           "queues whose buffers come from a mempool, compares every byte that is received, and\n"
           "sees that every buffer is back at the end.\n"
           "\n");
    option_print(&table);
    printf("\n"
           "Without EAL options, or with devices alone, it uses no PCI device that is not named,\n"
           "the CPUs that it is allowed to use, huge pages where enough are free and ordinary\n"
           "memory otherwise.\n"
           "\n"
           "Exit status: 0 when every frame read was replayed or refused by a named reason, and\n"
           "nothing was corrupted or leaked; 1 otherwise; 2 for wrong usage.\n"
           "\n"
           "Examples:\n"
           "  " PROGRAM " my.pcap\n"
           "  " PROGRAM " --loop=1000 --pool=labyrinth,ring_mp_mc,stack my.pcap\n"
           "  " PROGRAM " --rxq=2 --free-on=other --mbcache=0 --duration=10 --loop=0 my.pcap\n"
           "  " PROGRAM " --mbps=950 --loop=0 --unique-ip --duration=60 my.pcap\n"
           "  " PROGRAM " -x 10 --maxsleep=100 -f \"vlan and udp\" my.pcap\n"
           "  " PROGRAM " --include=1-5,9,72- --oneatatime my.pcap\n"
           "  " PROGRAM " --files=beside --pps=1000000 in.pcap out.pcap\n"
           "  " PROGRAM " --files=merge inside.pcap outside.pcap\n"
           "  " PROGRAM " --linktype=pad-eth tun0.pcap\n"
           "  " PROGRAM " --stream --window=256 larger-than-memory.pcap\n"
           "  zcat my.pcap.gz | " PROGRAM " --stream -\n"
           "  " PROGRAM " -l 2-5 --file-prefix=lab -- --rxq=4 --pps=1000000 -l 0 my.pcap\n"
           "  " PROGRAM " --vdev=net_af_packet0,iface=veth0 --vdev=net_af_xdp0,iface=veth1 -- \\\n"
           "      --port=net_af_packet0 --rx-port=net_af_xdp0 my.pcap\n");
}

static bool parse_pace(struct options *options, enum pace_kind kind, const struct option_spec *spec,
                       const char *text)
{
    if (options->paced && options->pace.kind != kind) {
        complain("--%s and --%s exclude each other", pace_name(options->pace.kind), spec->name);
        return false;
    }
    options->paced = true;
    options->pace.kind = kind;
    return spec->argument == NULL ||
           parse_real(spec->name, text, 0, MOST_RATE, &options->pace.rate);
}

static bool parse_milliseconds(const char *name, const char *text, double *ret_ns)
{
    double milliseconds;

    if (!parse_real(name, text, 0, 1e3 * MOST_SECONDS, &milliseconds))
        return false;
    *ret_ns = milliseconds * 1e6;
    return true;
}

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

/* Whether all go together: an option that does nothing beside the others was meant otherwise. */
static bool make_sense(const struct options *options)
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
    if (!can_find_size(options) || !can_reserve(options) || !can_use_port(options))
        return false;
    if (options->unique_ip && options->loop == 1)
        complain("--unique-ip needs --loop: the first loop has the addresses of the capture, each "
                 "further one its own");
    return !options->unique_ip || options->loop != 1;
}

static bool parse_free_on(struct options *options, const char *text)
{
    options->free_on_random = strcmp(text, "random") == 0;
    options->free_on_other = options->free_on_random || strcmp(text, "other") == 0;
    if (!options->free_on_other && strcmp(text, "same") != 0)
        return wrong_value("free-on", text, "same, other or random");
    return true;
}

/* --exhaust holds packets, too. */
static bool parse_hold(struct options *options, const char *text)
{
    struct hold_spec hold = {.kind = HOLD_ALL};

    if (text != NULL && !hold_parse(text, &hold))
        return false;
    if (options->hold.kind != HOLD_NONE && (options->hold.kind == HOLD_ALL) != (text == NULL)) {
        complain("--hold and --exhaust exclude each other");
        return false;
    }
    options->hold = hold;
    return true;
}

static bool parse_rxd(struct options *options, const char *text)
{
    if (!parse_unsigned("rxd", text, 32, 32768, &options->rxd))
        return false;
    if ((options->rxd & (options->rxd - 1)) != 0)
        return wrong_value("rxd", text, "a power of two, 32 to 32768");
    return true;
}

static bool parse_linktype(struct options *options, const char *text)
{
    options->capture.pad_ethernet = strcmp(text, "pad-eth") == 0;
    if (!options->capture.pad_ethernet && strcmp(text, "strict") != 0)
        return wrong_value("linktype", text, "strict or pad-eth");
    return true;
}

static bool parse_files(struct options *options, const char *text)
{
    static const char *const names[] = {
        [CAPTURE_APPEND] = "append",
        [CAPTURE_MERGE] = "merge",
        [CAPTURE_BESIDE] = "beside",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            options->capture.order = (enum capture_order)i;
            return true;
        }
    }
    return wrong_value("files", text, "append, merge or beside");
}

static bool apply(struct options *o, const struct option_spec *spec, char *text)
{
    const char *name = spec->name;

    switch (spec->letter) {
    case 'l':
        return parse_u64(name, text, 0, UINT64_MAX, &o->loop);
    case 'L':
        return parse_u64(name, text, 1, UINT64_MAX, &o->capture.frames);
    case OPTION_DURATION:
        return parse_real(name, text, 0, MOST_SECONDS, &o->duration_s);
    case 't':
        return parse_pace(o, PACE_TOPSPEED, spec, text);
    case 'x':
        return parse_pace(o, PACE_MULTIPLIER, spec, text);
    case 'p':
        return parse_pace(o, PACE_PPS, spec, text);
    case 'o':
        return parse_pace(o, PACE_ONEATATIME, spec, text);
    case 'M':
        return parse_pace(o, PACE_MBPS, spec, text);
    case 'f':
        o->capture.choice.filter = text;
        return true;
    case OPTION_INCLUDE:
        return choice_parse(name, text, &o->capture.choice.include);
    case OPTION_EXCLUDE:
        return choice_parse(name, text, &o->capture.choice.exclude);
    case OPTION_LINKTYPE:
        return parse_linktype(o, text);
    case OPTION_FILES:
        return parse_files(o, text);
    case OPTION_UNIQUE_IP:
        o->unique_ip = true;
        return true;
    case OPTION_STREAM:
        o->stream = true;
        return true;
    case OPTION_WINDOW:
        return parse_u64(name, text, 1, UINT32_MAX, &o->window_mib);
    case OPTION_PPS_MULTI:
        return parse_u64(name, text, 1, UINT64_MAX, &o->pace.together);
    case OPTION_MAXSLEEP:
        return parse_milliseconds(name, text, &o->pace.longest_ns);
    case OPTION_PORT:
        o->port = text;
        return true;
    case OPTION_RX_PORT:
        o->rx_port = text;
        return true;
    case OPTION_RXQ:
        return parse_unsigned(name, text, 1, OPTIONS_MAX_QUEUES, &o->rxq);
    case OPTION_RXD:
        return parse_rxd(o, text);
    case OPTION_BURST:
        return parse_unsigned(name, text, 1, 512, &o->burst);
    case OPTION_MBUF_SIZE:
        return parse_unsigned(name, text, RTE_PKTMBUF_HEADROOM + 1, UINT16_MAX, &o->mbuf_size);
    case OPTION_TOTAL_NUM_MBUFS:
        return parse_unsigned(name, text, 1, INT32_MAX, &o->total_num_mbufs);
    case OPTION_MBCACHE:
        return parse_unsigned(name, text, 0, RTE_MEMPOOL_CACHE_MAX_SIZE, &o->mbcache);
    case OPTION_RESERVE:
        return parse_unsigned(name, text, 0, INT32_MAX, &o->reserve);
    case OPTION_POOL:
        return parse_names(name, text, OPTIONS_MAX_POOLS, o->pools, &o->n_pools);
    case OPTION_FREE_ON:
        return parse_free_on(o, text);
    case OPTION_HOLD:
    case OPTION_EXHAUST:
        return parse_hold(o, text);
    case OPTION_CLONE:
        o->clone = true;
        return true;
    case OPTION_REPEAT:
        return parse_unsigned(name, text, 1, STATISTICS_MAX, &o->repeat);
    case OPTION_FIND_SIZE:
        o->find_size = true;
        return true;
    case OPTION_STATS:
        return parse_real(name, text, LEAST_PERIOD_S, MOST_SECONDS, &o->stats_s);
    case OPTION_SEED:
        return parse_u64(name, text, 0, INT64_MAX, &o->seed); /* a number in JSON has a sign */
    case OPTION_VERIFY:
    case OPTION_NO_VERIFY:
        o->verify = spec->letter == OPTION_VERIFY;
        return true;
    case OPTION_JSON:
        o->json = text;
        return true;
    case 'q':
        o->quiet = true;
        return true;
    }
    return false;
}

/* One, or one for each of the files that are replayed side by side. */
static unsigned default_queues(const struct capture_request *capture)
{
    if (capture->order != CAPTURE_BESIDE)
        return 1;
    return RTE_MIN((unsigned)capture->n_files, OPTIONS_MAX_QUEUES);
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {
        .loop = 1,
        .rxd = 512,
        .burst = 32,
        .mbuf_size = 2048 + RTE_PKTMBUF_HEADROOM,
        .mbcache = MBCACHE_UNSET,
        .pools = {"labyrinth"},
        .n_pools = 1,
        .seed = 1,
        .repeat = 1,
        .verify = true,
    };
    const struct option_spec *spec;
    char *argument;
    bool wrong;

    if (!option_split(&table, &argc, &argv, &options.eal))
        return OPTIONS_WRONG;
    while ((spec = option_next(&table, argc, argv, &argument, &wrong)) != NULL) {
        if (spec->letter == 'h') {
            print_help();
            return OPTIONS_ANSWERED;
        }
        if (spec->letter == 'V') {
            option_print_version(rte_version());
            return OPTIONS_ANSWERED;
        }
        if (!apply(&options, spec, argument))
            return OPTIONS_WRONG;
    }
    if (wrong)
        return OPTIONS_WRONG;
    options.capture.files = argv + optind;
    options.capture.n_files = argc - optind;
    if (options.mbcache == MBCACHE_UNSET)
        options.mbcache = options.reserve > 0 ? 0 : 256;
    if (!make_sense(&options))
        return OPTIONS_WRONG;
    if (options.rxq == 0)
        options.rxq = default_queues(&options.capture);
    if (options.window_mib == 0)
        options.window_mib = 64;
    *ret_options = options;
    return OPTIONS_RUN;
}
