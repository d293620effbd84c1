/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "complete.h"
#include "message.h"
#include "statistics.h"

#include <getopt.h>
#include <limits.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "labyrinth-bench"

#define BULK_MAX 512 /* as in testpmd */
#define HELD_MAX (1u << 20)

/* Whole numbers with commas between them. */
static bool save_list(struct options *o, const struct option_row *row, char *text)
{
    const struct option_value *value = &row->value;
    const char *words[LIST_MAX];
    struct list list = {0};

    if (!parse_names(row->name, text, LIST_MAX, words, &list.n))
        return false;
    for (unsigned i = 0; i < list.n; i++) {
        if (!parse_unsigned(row->name, words[i], (unsigned)value->whole.least,
                            (unsigned)value->whole.most, &list.values[i]))
            return false;
    }
    *(struct list *)((char *)o + value->at) = list;
    return true;
}

#define OPTION_LIST(member, least, most)                                                           \
    {                                                                                              \
        .type = OPTION_TYPE(member, struct list, OPTION_TYPE_OTHER), OPTION_AT(member),            \
        .whole = {(least), (most)}, .save = save_list,                                             \
    }

static bool save_patterns(struct options *o, const struct option_row *row, char *text)
{
    const char *names[OPTIONS_MAX_PATTERNS];
    unsigned n;

    if (!parse_names(row->name, text, OPTIONS_MAX_PATTERNS, names, &n))
        return false;
    o->n_patterns = 0;
    for (unsigned i = 0; i < n; i++) {
        bool found;

        o->n_patterns = patterns_named(names[i], o->patterns, o->n_patterns, &found);
        if (!found) {
            complain_pattern(names[i]);
            return false;
        }
    }
    return true;
}

static bool save_pools(struct options *o, const struct option_row *row, char *text)
{
    o->pools_given = true;
    if (!parse_names(row->name, text, CONTENDERS_MAX, o->pools, &o->n_pools))
        return false;
    for (unsigned i = 0; i < o->n_pools; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (strcmp(o->pools[i], o->pools[j]) == 0) {
                complain("--pools: %s stands there twice", o->pools[i]);
                return false;
            }
        }
    }
    return true;
}

static void print_version(void)
{
    option_print_version(rte_version());
}

static void print_help(void);

static const struct option_row rows[] = {
    {"pattern", '\0', "NAME,...", OPTION_OTHER(save_patterns, 0),
     "which patterns (all; see --list); a name may be a shell's: page-*"},
    {"pools", '\0', "NAME,...", OPTION_OTHER(save_pools, 0),
     "which pools (all known); the others are compared with the first"},
    {"rounds", '\0', "N", OPTION_WHOLE(rounds, 1, STATISTICS_MAX),
     "turns of each pool in each pattern (5)"},
    {"slot-ms", '\0', "MS", OPTION_WHOLE(slot_ms, 1, 60000), "length of a turn (100)"},
    {"slot-us", '\0', "US", OPTION_WHOLE(slot_us, 1, 60000000),
     "length of the chunks that a turn is cut into where no lcores share a CPU and the pattern "
     "measures speed alone (50 to 5,000, by pattern)"},
    {"bulk", '\0', "N,...", OPTION_LIST(bulk, 1, BULK_MAX),
     "buffers of a call; the -single patterns always take 1"},
    {"bufs", '\0', "N,...", OPTION_LIST(bufs, 1, LAB_POOL_COUNT_MAX),
     "buffers of a pool; of the page patterns: pages of 4 KiB"},
    {"cache", '\0', "N,...", OPTION_LIST(cache, 0, RTE_MEMPOOL_CACHE_MAX_SIZE),
     "mempool cache of each lcore; 0: none"},
    {"lcores", '\0', "N,...", OPTION_LIST(lcores, 1, RTE_MAX_LCORE - 1),
     "lcores that work at the same time"},
    {"held", '\0', "N", OPTION_WHOLE(held, 1, HELD_MAX),
     "buffers that an lcore holds before it puts them back"},
    {"drift", '\0', "N", OPTION_WHOLE(drift, 1, LAB_POOL_COUNT_MAX),
     "an lcore's own deque rests N slots before its ring's end while it holds what it holds "
     "(--held, "
     "or a burst): below that, every call goes around the end; our pools, without a cache"},
    {"occupancy", '\0', "PERCENT,...", OPTION_LIST(occupancy, 0, 99),
     "of the page patterns: how much is held at random throughout"},
    {"lru-bytes", '\0', "N,...", OPTION_LIST(lru_bytes, 1, UINT_MAX),
     "of footprint: the cache that the buffers pass, which loses first what was not used for "
     "longest"},
    {"json", '\0', "FILE", OPTION_TEXT(json),
     "write the results to FILE (-: stdout, the table to stderr)"},
    {"list", '\0', NULL, OPTION_ANSWER(patterns_print), "the patterns, a sentence on each"},
    {"quiet", 'q', NULL, OPTION_FLAG(quiet),
     "no table, no progress, no notes: errors and the exit status only"},
    {"help", 'h', NULL, OPTION_ANSWER(print_help), "this text"},
    {"version", 'V', NULL, OPTION_ANSWER(print_version), "version, and the DPDK it runs on"},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), true};

static void print_help(void)
{
    printf(
        "Usage: " PROGRAM " [EAL options --] [options]\n"
        "\n"
        "Measures how fast mempools serve, in the ways in which programs use them. All pools\n"
        "live in this one process and take turns, in random order: in chunks of 50 microseconds\n"
        "where that can be, or of a tenth of a second each, so that a slow moment of the\n"
        "machine hits all alike. Read the ratios: each compares two turns side by side, and the\n"
        "median of thousands resolves 1 to 3 percent also on a machine under load. Speeds are\n"
        "those of a second of CPU time, which other programs take nothing from but their dirt in\n"
        "the caches.\n"
        "\n");
    option_print(&table);
    printf("\n"
           "Several values of --bulk, --bufs, --cache and so on are measured one after the\n"
           "other, in all combinations. Each pattern chooses what is not given as its sentence\n"
           "says; the results name it.\n"
           "\n"
           "Patterns:\n");
    patterns_print();
    printf(
        "\n"
        "Pools: any mempool driver of this DPDK; two that this program alone has, scq (Nikolaev's\n"
        "lock-free queue, of indices) and vpp (indices under a spinlock, as in VPP); and in the\n"
        "native patterns also liblabyrinth (the library without DPDK between), lab_receive (its\n"
        "cursors, and rings that it fills), mimalloc and\n"
        "jemalloc. In the page patterns: lab_page (the library's page allocator), lab_zone (what "
        "is\n"
        "below its deques), mimalloc, jemalloc, rte_malloc and mmap, each asked for runs of "
        "pages;\n"
        "and for fragmentation a binary buddy, the textbook's.\n"
        "\n"
        "For quiet figures: CPUs that nobody else uses, and the performance governor\n"
        "(cpupower frequency-set -g performance). With --lcores=1,2,4 and so on one sees how\n"
        "a pool scales. \"to best\" compares each pool with the best of its peers, the next "
        "column\n"
        "with DPDK's default driver, and the last says how many times faster the first pool is:\n"
        "the median of the paired ratios, with quartiles. Where those lie on both sides of 1, do\n"
        "not believe in a difference: take more --rounds. Figures of two lcores are comparable\n"
        "only where the round trip of a cache line, at the head, is the same.\n"
        "\n"
        "Exit status: 0 when all was measured or left out by a named reason; 1 when one of our\n"
        "own pools lost a buffer, or it was interrupted; 2 for wrong usage.\n"
        "\n"
        "Examples:\n"
        "  " PROGRAM "\n"
        "  " PROGRAM " --pattern=shared-bulk --cache=0,256 --lcores=1,2,4 --rounds=9\n"
        "  " PROGRAM " --pattern=worst --pools=labyrinth,lf_stack --slot-ms=1000 --json=w.json\n"
        "  " PROGRAM " --lcores='0@0,(1-2)@(1-2)' --file-prefix=b -- --pattern=pipeline\n");
}

static void choose_all(struct options *options)
{
    options->n_patterns = n_patterns;
    memcpy(options->patterns, patterns, n_patterns * sizeof(patterns[0]));
    options->n_pools = contender_defaults(options->pools);
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {.rounds = 5, .slot_ms = 100};
    enum options_verdict verdict;

    choose_all(&options);
    if (option_complete(&table, NULL))
        return OPTIONS_ANSWERED;
    if (!option_split(&table, &argc, &argv, &options.eal))
        return OPTIONS_WRONG;
    verdict = option_parse(&table, argc, argv, &options);
    if (verdict != OPTIONS_RUN)
        return verdict;
    if (optind < argc) {
        complain("%s is no option: the EAL's stand before \"--\", see --help", argv[optind]);
        return OPTIONS_WRONG;
    }
    *ret_options = options;
    return OPTIONS_RUN;
}
