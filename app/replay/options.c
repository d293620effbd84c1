/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* One row for each option, and what the rows cannot say of it. */

#include "options.h"

#include "capture/unpack.h"
#include "complete.h"
#include "message.h"
#include "statistics.h"

#include <rte_config.h>
#include <rte_mbuf_core.h>
#include <rte_mempool.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The limits of options: a time that the clock can count to, and a rate that is a double's still
 * when it is multiplied. */
#define MOST_SECONDS 1e9
#define MOST_RATE 1e15
#define LEAST_PERIOD_S 0.001 /* what is printed more often nobody reads */

/* Until it is known whether there is a reserve, with which the default is another. */
#define MBCACHE_UNSET UINT_MAX

_Static_assert(2 * OPTIONS_MAX_QUEUES <= RTE_MAX_LCORE, "a queue needs up to two lcores");

static bool save_pace(struct options *options, const struct option_row *row, char *text)
{
    enum pace_kind kind = (enum pace_kind)row->value.code;

    if (options->paced && options->pace.kind != kind) {
        complain("--%s and --%s exclude each other", pace_name(options->pace.kind), row->name);
        return false;
    }
    options->paced = true;
    options->pace.kind = kind;
    return row->argument == NULL || parse_real(row->name, text, 0, MOST_RATE, &options->pace.rate);
}

static bool save_maxsleep(struct options *options, const struct option_row *row, char *text)
{
    double milliseconds;

    if (!parse_real(row->name, text, 0, 1e3 * MOST_SECONDS, &milliseconds))
        return false;
    options->pace.longest_ns = milliseconds * 1e6;
    return true;
}

static bool save_loop_delay(struct options *options, const struct option_row *row, char *text)
{
    double milliseconds;

    if (!parse_real(row->name, text, 0, 1e3 * MOST_SECONDS, &milliseconds))
        return false;
    options->pace.loop_delay_ns = milliseconds * 1e6;
    return true;
}

static bool save_include(struct options *options, const struct option_row *row, char *text)
{
    return choice_parse(row->name, text, &options->capture.choice.include);
}

static bool save_exclude(struct options *options, const struct option_row *row, char *text)
{
    return choice_parse(row->name, text, &options->capture.choice.exclude);
}

static bool save_pools(struct options *options, const struct option_row *row, char *text)
{
    return parse_names(row->name, text, OPTIONS_MAX_POOLS, options->pools, &options->n_pools);
}

/* --exhaust holds packets, too. */
static bool save_hold(struct options *options, const struct option_row *row, char *text)
{
    struct hold_spec hold = {.kind = HOLD_ALL};

    if (row->argument != NULL && !hold_parse(text, &hold))
        return false;
    if (options->hold.kind != HOLD_NONE &&
        (options->hold.kind == HOLD_ALL) != (row->argument == NULL)) {
        complain("--hold and --exhaust exclude each other");
        return false;
    }
    options->hold = hold;
    return true;
}

static bool save_rxd(struct options *options, const struct option_row *row, char *text)
{
    if (!parse_unsigned(row->name, text, 32, 32768, &options->rxd))
        return false;
    if ((options->rxd & (options->rxd - 1)) != 0)
        return wrong_value(row->name, text, "a power of two, 32 to 32768");
    return true;
}

static void print_version(void)
{
    option_print_version(rte_version());
}

static void print_help(void);

/* In the order of their enums. */
static const char *const linktypes[] = {"strict", "pad-eth", NULL};
static const char *const orders[] = {"append", "merge", "beside", NULL};
static const char *const free_ons[] = {"same", "other", "random", NULL};

static const struct option_row rows[] = {
    OPTION_HEADING("Time"),
    {"topspeed", 't', NULL, OPTION_OTHER(save_pace, PACE_TOPSPEED),
     "as fast as the buffers come (this is the default)"},
    {"multiplier", 'x', "X", OPTION_OTHER(save_pace, PACE_MULTIPLIER),
     "as fast as recorded, times X"},
    {"pps", 'p', "N", OPTION_OTHER(save_pace, PACE_PPS), "N frames a second"},
    {"mbps", 'M', "N", OPTION_OTHER(save_pace, PACE_MBPS),
     "N million bits a second, of the frames as captured"},
    {"oneatatime", 'o', NULL, OPTION_OTHER(save_pace, PACE_ONEATATIME),
     "one packet for each key pressed, or byte on standard input"},
    {"pps-multi", '\0', "N", OPTION_WHOLE(pace.together, 1, UINT64_MAX),
     "with --pps: N frames at once, then a wait for all (1)"},
    {"maxsleep", '\0', "MS", OPTION_OTHER(save_maxsleep, 0),
     "no wait between frames is longer than MS milliseconds"},
    {"loop", 'l', "N", OPTION_WHOLE(loop, 0, UINT64_MAX),
     "replay the capture N times (1); 0: until interrupted"},
    {"loopdelay-ms", '\0', "MS", OPTION_OTHER(save_loop_delay, 0),
     "with --loop: wait so long between two loops"},
    {"limit", 'L', "N", OPTION_WHOLE(capture.frames, 1, UINT64_MAX),
     "stop after N frames; no more of the capture is read"},
    {"duration", '\0', "SEC", OPTION_REAL(duration_s, 0, MOST_SECONDS), "stop after SEC seconds"},
    OPTION_HEADING("Frames"),
    {"filter", 'f', "BPF", OPTION_TEXT(capture.choice.filter),
     "only frames that match, as in tcpdump: \"tcp port 80\""},
    {"include", '\0', "LIST", OPTION_OTHER(save_include, 0),
     "only the frames with these numbers in their file: 1-5,9,72-"},
    {"exclude", '\0', "LIST", OPTION_OTHER(save_exclude, 0), "not the frames with these numbers"},
    {"linktype", '\0', "KIND", OPTION_WORD(capture.pad_ethernet, linktypes),
     "frames that are not Ethernet are refused (strict, the default)" OPTION_NEXT
     "or get an Ethernet header (pad-eth)"},
    {"files", '\0', "ORDER", OPTION_WORD(capture.order, orders),
     "several files one after the other (append, the default), by the" OPTION_NEXT
     "times of their frames (merge), or beginning together, each on a" OPTION_NEXT
     "queue of its own (beside)"},
    {"unique-ip", '\0', NULL, OPTION_FLAG(unique_ip),
     "with --loop: each further loop has IP addresses of its own, and" OPTION_NEXT
     "checksums stay right"},
    {"unique-ip-loops", '\0', "N", OPTION_WHOLE(unique_ip_loops, 1, UINT64_MAX),
     "with --unique-ip: N loops have the same addresses (1)"},
    {"stream", '\0', NULL, OPTION_FLAG(stream),
     "do not load the capture: read it ahead of the replay, for one" OPTION_NEXT
     "that memory cannot hold, or that comes through a pipe"},
    {"window", '\0', "MIB", OPTION_WHOLE(window_mib, 1, UINT32_MAX),
     "with --stream: how much is read ahead, of all queues (64)"},
    OPTION_HEADING("Reception"),
    {"port", '\0', "N|NAME", OPTION_TEXT(port),
     "send the capture out on this ethdev port, and receive it there;" OPTION_NEXT
     "without it, it comes from our own receive queues"},
    {"port2", '\0', "N|NAME", OPTION_TEXT(port2),
     "send what servers answer on this one, and what clients ask on" OPTION_NEXT
     "--port; each receives what the other sends, or neither does" OPTION_NEXT
     "(--rx-port=none). Clients send the first SYN, or begin"},
    {"intf1", 'i', "IFACE", OPTION_TEXT(intf1),
     "the same with an interface of the kernel, without EAL options:" OPTION_NEXT
     "by AF_XDP, or AF_PACKET where that fails or would take packets" OPTION_NEXT
     "from the kernel. Only sends, unless there is an --rx-port"},
    {"intf2", 'I', "IFACE", OPTION_TEXT(intf2), "with --intf1: another one, as --port2"},
    {"cachefile", 'c', "FILE", OPTION_TEXT(cachefile),
     "tcpprep's cache file distinguishes clients and servers"},
    {"dualfile", '\0', NULL, OPTION_FLAG(capture.is_dual),
     "of two files, by time, the second goes out on the second port"},
    {"rx-port", '\0', "N|NAME", OPTION_TEXT(rx_port),
     "receive it on another port; none: only send; both: with two" OPTION_NEXT
     "ports or interfaces, each receives what the other sends"},
    {"rxq", '\0', "N", OPTION_WHOLE(rxq, 1, OPTIONS_MAX_QUEUES),
     "receive queues, each polled by an lcore of its own (1," OPTION_NEXT
     "or one for each file with --files=beside)"},
    {"rxd", '\0', "N", OPTION_OTHER(save_rxd, 0), "descriptors of a queue, a power of two (512)"},
    {"burst", '\0', "N", OPTION_WHOLE(burst, 1, 512), "most packets that a poll takes (32)"},
    {"verify", '\0', NULL, OPTION_SET(verify, true),
     "compare every byte received (this is the default)"},
    {"no-verify", '\0', NULL, OPTION_SET(verify, false), "compare nothing, for speed"},
    OPTION_HEADING("Life of the buffers"),
    {"pool", '\0', "NAME,...", OPTION_OTHER(save_pools, 0),
     "mempool driver (labyrinth); several are run in turn and compared"},
    {"mbuf-size", '\0', "BYTES", OPTION_WHOLE(mbuf_size, RTE_PKTMBUF_HEADROOM + 1, UINT16_MAX),
     "data room of a buffer, with its headroom of 128 (2176);" OPTION_NEXT
     "larger frames become chains"},
    {"total-num-mbufs", '\0', "N", OPTION_WHOLE(total_num_mbufs, 1, INT32_MAX),
     "buffers of the pool (chosen to suffice for the queues)"},
    {"mbcache", '\0', "N", OPTION_WHOLE(mbcache, 0, RTE_MEMPOOL_CACHE_MAX_SIZE),
     "DPDK's own cache for each lcore (256); 0: none"},
    {"free-on", '\0', "WHERE", OPTION_WORD(free_on, free_ons),
     "same: on the receiving lcore (this is the default);" OPTION_NEXT
     "other: on another one; random: on either, by bursts"},
    {"hold", '\0', "HOW", OPTION_OTHER(save_hold, 0),
     "keep packets before they are freed: fixed:N, until N more" OPTION_NEXT
     "have come; exp:MEAN, the same by chance; forever:SHARE, a" OPTION_NEXT
     "share of them to the end. Frames that find no buffer then" OPTION_NEXT
     "are dropped, as by a NIC; without, the wire waits"},
    {"exhaust", '\0', NULL, OPTION_OTHER(save_hold, 0),
     "keep all packets until the pool is empty, let go, go on"},
    {"reserve", '\0', "N", OPTION_WHOLE(reserve, 0, INT32_MAX),
     "N buffers of the pool are for reception alone (0): packets in" OPTION_NEXT
     "them are received, but not kept. Without DPDK's cache"},
    {"clone", '\0', NULL, OPTION_FLAG(clone),
     "go on with a clone of each packet (indirect buffers)"},
    /* A number in JSON has a sign. */
    {"seed", '\0', "N", OPTION_WHOLE(seed, 0, INT64_MAX), "for what goes by chance (1)"},
    {"find-size", '\0', NULL, OPTION_FLAG(find_size),
     "find the smallest pool of which no allocation fails, with" OPTION_NEXT
     "--total-num-mbufs as the largest that is tried"},
    {"repeat", '\0', "N", OPTION_WHOLE(repeat, 1, STATISTICS_MAX),
     "rounds, with the pools in turn in each (1): medians and" OPTION_NEXT "their spread"},
    OPTION_HEADING("Report"),
    {"json", '\0', "FILE", OPTION_TEXT(json),
     "write the report to FILE (-: stdout, the other to stderr);" OPTION_NEXT
     "an array when there are several pools"},
    {"stats", '\0', "SEC", OPTION_REAL(stats_s, LEAST_PERIOD_S, MOST_SECONDS),
     "print a line every SEC seconds"},
    {"quiet", 'q', NULL, OPTION_FLAG(quiet),
     "no report, no progress, no notes: errors and the exit status only"},
    {"help", 'h', NULL, OPTION_ANSWER(print_help), "this text"},
    {"version", 'V', NULL, OPTION_ANSWER(print_version), "version, and the DPDK it runs on"},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), true};

static void print_help(void)
{
    printf("Usage: " PROGRAM " [EAL options --] [options] FILE...\n"
           "\n"
           "Replays captures through receive queues whose buffers come from a mempool, compares\n"
           "every byte that is received, and sees that every buffer is back at the end. A FILE is\n"
           "pcap or pcapng%s%s, by content, whatever its name;\n"
           "- is standard input. A word @FILE stands for the words in that file, quoted as for a\n"
           "shell, with comments behind #.\n"
           "\n",
           unpack_names()[0] == '\0' ? "" : ", perhaps compressed by ", unpack_names());
    option_print(&table);
    printf("\n"
           "It uses no PCI device that is not named (-a). Without EAL options, or with devices "
           "alone,\n"
           "it uses the CPUs that it is allowed to use, huge pages where enough are free and "
           "ordinary\n"
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
           "  tcpdump -w - | " PROGRAM " --stream -\n"
           "  " PROGRAM " @night.options --duration=60 my.pcap\n"
           "  " PROGRAM " -l 2-5 --file-prefix=lab -- --rxq=4 --pps=1000000 -l 0 my.pcap\n"
           "  " PROGRAM " --vdev=net_af_packet0,iface=veth0 --vdev=net_af_xdp0,iface=veth1 -- \\\n"
           "      --port=net_af_packet0 --rx-port=net_af_xdp0 my.pcap\n");
}

/* One, or one for each of the files that are replayed side by side. */
static unsigned default_queues(const struct capture_request *capture)
{
    if (capture->order != CAPTURE_BESIDE)
        return 1;
    return RTE_MIN((unsigned)capture->n_files, OPTIONS_MAX_QUEUES);
}

/* Interfaces of the kernel are ports that only send, unless an option says that they receive. */
static void name_interfaces(struct options *options)
{
    if (options->intf1 != NULL && options->rx_port == NULL)
        options->rx_port = "none";
    if (options->rx_port != NULL && strcmp(options->rx_port, "both") == 0)
        options->rx_port = NULL;
    if (options->intf1 != NULL)
        options->port = options->intf1;
    if (options->intf2 != NULL)
        options->port2 = options->intf2;
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
    enum options_verdict verdict;

    if (option_complete(&table, NULL))
        return OPTIONS_ANSWERED;
    if (!option_split(&table, &argc, &argv, &options.eal))
        return OPTIONS_WRONG;
    verdict = option_parse(&table, argc, argv, &options);
    if (verdict != OPTIONS_RUN)
        return verdict;
    options.capture.files = argv + optind;
    options.capture.n_files = argc - optind;
    if (options.mbcache == MBCACHE_UNSET)
        options.mbcache = options.reserve > 0 ? 0 : 256;
    if (!options_make_sense(&options))
        return OPTIONS_WRONG;
    name_interfaces(&options);
    if (options.capture.is_dual)
        options.capture.order = CAPTURE_MERGE;
    if (options.rxq == 0)
        options.rxq = default_queues(&options.capture);
    if (options.unique_ip_loops == 0)
        options.unique_ip_loops = 1;
    if (options.window_mib == 0)
        options.window_mib = 64;
    *ret_options = options;
    return OPTIONS_RUN;
}
