/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "message.h"

#include <rte_config.h>
#include <rte_mbuf_core.h>
#include <rte_mempool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Options that have no letter. */
enum {
    OPTION_DURATION = OPTION_NO_LETTER,
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
    OPTION_VERIFY,
    OPTION_NO_VERIFY,
    OPTION_JSON,
};

static const struct option_spec specs[] = {
    {"loop", "N", 'l', "replay the capture N times (1); 0: until interrupted"},
    {"limit", "N", 'L', "stop after N frames; no more of the capture is read"},
    {"duration", "SEC", OPTION_DURATION, "stop after SEC seconds"},
    {"topspeed", NULL, 't', "as fast as the buffers come (this is the default)"},
    {"multiplier", "X", 'x', "as fast as recorded, times X"},
    {"pps", "N", 'p', "N frames a second"},
    {"port", "N|NAME", OPTION_PORT,
     "send the capture out on this ethdev port, and receive it there;" OPTION_NEXT
     "without it, it comes from our own receive queues"},
    {"rx-port", "N|NAME", OPTION_RX_PORT, "receive it on another port; none: only send"},
    {"rxq", "N", OPTION_RXQ, "receive queues, each polled by an lcore of its own (1)"},
    {"rxd", "N", OPTION_RXD, "descriptors of a queue, a power of two (512)"},
    {"burst", "N", OPTION_BURST, "most packets that a poll takes (32)"},
    {"mbuf-size", "BYTES", OPTION_MBUF_SIZE,
     "data room of a buffer, with its headroom of 128 (2176);" OPTION_NEXT
     "larger frames become chains"},
    {"total-num-mbufs", "N", OPTION_TOTAL_NUM_MBUFS,
     "buffers of the pool (chosen to suffice for the queues)"},
    {"mbcache", "N", OPTION_MBCACHE, "DPDK's own cache for each lcore (256); 0: none"},
    {"pool", "NAME,...", OPTION_POOL,
     "mempool driver (labyrinth); several are run in turn and compared"},
    {"free-on", "same|other", OPTION_FREE_ON,
     "free on the receiving lcore (same), or on another one"},
    {"verify", NULL, OPTION_VERIFY, "compare every byte received (this is the default)"},
    {"no-verify", NULL, OPTION_NO_VERIFY, "compare nothing, for speed"},
    {"json", "FILE", OPTION_JSON,
     "write the report to FILE (-: stdout, the other to stderr);" OPTION_NEXT
     "an array when there are several pools"},
    {"quiet", NULL, 'q', "no report, no progress, no notes: errors and the exit status only"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "version, and the DPDK it runs on"},
};

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
           "  " PROGRAM " -l 2-5 --file-prefix=lab -- --rxq=4 --pps=1000000 -l 0 my.pcap\n"
           "  " PROGRAM " --vdev=net_af_packet0,iface=veth0 --vdev=net_af_xdp0,iface=veth1 -- \\\n"
           "      --port=net_af_packet0 --rx-port=net_af_xdp0 my.pcap\n");
}

static bool parse_pace(struct options *options, enum pace_kind kind, const struct option_spec *spec,
                       const char *text)
{
    static const char *const names[] = {"topspeed", "multiplier", "pps"};

    if (options->paced && options->pace.kind != kind) {
        complain("--%s and --%s exclude each other", names[options->pace.kind], spec->name);
        return false;
    }
    options->paced = true;
    options->pace.kind = kind;
    return kind == PACE_TOPSPEED || parse_positive(spec->name, text, &options->pace.rate);
}

static bool parse_free_on(struct options *options, const char *text)
{
    options->free_on_other = strcmp(text, "other") == 0;
    if (!options->free_on_other && strcmp(text, "same") != 0)
        return wrong_value("free-on", text, "same or other");
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

static bool apply(struct options *o, const struct option_spec *spec, char *text)
{
    const char *name = spec->name;

    switch (spec->letter) {
    case 'l':
        return parse_u64(name, text, 0, UINT64_MAX, &o->loop);
    case 'L':
        return parse_u64(name, text, 1, UINT64_MAX, &o->limit);
    case OPTION_DURATION:
        return parse_positive(name, text, &o->duration_s);
    case 't':
        return parse_pace(o, PACE_TOPSPEED, spec, text);
    case 'x':
        return parse_pace(o, PACE_MULTIPLIER, spec, text);
    case 'p':
        return parse_pace(o, PACE_PPS, spec, text);
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
    case OPTION_POOL:
        return parse_names(name, text, OPTIONS_MAX_POOLS, o->pools, &o->n_pools);
    case OPTION_FREE_ON:
        return parse_free_on(o, text);
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

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {
        .loop = 1,
        .rxq = 1,
        .rxd = 512,
        .burst = 32,
        .mbuf_size = 2048 + RTE_PKTMBUF_HEADROOM,
        .mbcache = 256,
        .pools = {"labyrinth"},
        .n_pools = 1,
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
            option_print_version();
            return OPTIONS_ANSWERED;
        }
        if (!apply(&options, spec, argument))
            return OPTIONS_WRONG;
    }
    if (wrong)
        return OPTIONS_WRONG;
    if (options.rx_port != NULL && options.port == NULL) {
        complain("--rx-port=%s: needs a --port to send on", options.rx_port);
        return OPTIONS_WRONG;
    }
    options.files = argv + optind;
    options.n_files = argc - optind;
    if (options.n_files == 0) {
        complain("no capture named: " PROGRAM " FILE..., or see --help");
        return OPTIONS_WRONG;
    }
    *ret_options = options;
    return OPTIONS_RUN;
}
