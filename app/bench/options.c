/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "message.h"
#include "statistics.h"

#include <getopt.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "labyrinth-bench"

#define BULK_MAX 512 /* as in testpmd */
#define HELD_MAX (1u << 20)

/* Options that have no letter. */
enum {
    OPTION_PATTERN = OPTION_NO_LETTER,
    OPTION_POOLS,
    OPTION_ROUNDS,
    OPTION_SLOT_MS,
    OPTION_BULK,
    OPTION_BUFS,
    OPTION_CACHE,
    OPTION_LCORES,
    OPTION_HELD,
    OPTION_OCCUPANCY,
    OPTION_JSON,
    OPTION_LIST,
};

static const struct option_spec specs[] = {
    {"pattern", "NAME,...", OPTION_PATTERN,
     "which patterns (all; see --list); a name may be a shell's: page-*"},
    {"pools", "NAME,...", OPTION_POOLS,
     "which pools (all known); the others are compared with the first"},
    {"rounds", "N", OPTION_ROUNDS, "turns of each pool in each pattern (5)"},
    {"slot-ms", "MS", OPTION_SLOT_MS, "length of a turn (100)"},
    {"bulk", "N,...", OPTION_BULK, "buffers of a call; the -single patterns always take 1"},
    {"bufs", "N,...", OPTION_BUFS, "buffers of a pool; of the page patterns: pages of 4 KiB"},
    {"cache", "N,...", OPTION_CACHE, "mempool cache of each lcore; 0: none"},
    {"lcores", "N,...", OPTION_LCORES, "lcores that work at the same time"},
    {"held", "N", OPTION_HELD, "buffers that an lcore holds before it puts them back"},
    {"occupancy", "PERCENT,...", OPTION_OCCUPANCY,
     "of the page patterns: how much is held at random throughout"},
    {"json", "FILE", OPTION_JSON, "write the results to FILE (-: stdout, the table to stderr)"},
    {"list", NULL, OPTION_LIST, "the patterns, a sentence on each"},
    {"quiet", NULL, 'q', "no table, no progress, no notes: errors and the exit status only"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "version, and the DPDK it runs on"},
};

static const struct option_table table = {specs, sizeof(specs) / sizeof(specs[0])};

static void print_help(void)
{
    printf(
        "Usage: " PROGRAM " [EAL options --] [options]\n"
        "\n"
        "Measures how fast mempools serve, in the ways in which programs use them. All pools\n"
        "live in this one process and take turns, a tenth of a second each, in an order that\n"
        "changes from round to round, so that a slow moment of the machine hits all alike.\n"
        "Read the ratios: each compares two turns of the same round. Speeds are those of a second\n"
        "of CPU time, which other programs take nothing from but their dirt in the caches.\n"
        "\n");
    option_print(&table);
    printf("\n"
           "Several values of --bulk, --bufs, --cache and so on are measured one after the\n"
           "other, in all combinations. What is not given, each pattern chooses as its sentence\n"
           "says; the results name it.\n"
           "\n"
           "Patterns:\n");
    patterns_print();
    printf(
        "\n"
        "Pools: any mempool driver of this DPDK; and in the native patterns also liblabyrinth\n"
        "(the library without DPDK between), mimalloc and jemalloc. In the page patterns:\n"
        "lab_page (the library's page allocator), lab_zone (what is below its deques), mimalloc,\n"
        "jemalloc, rte_malloc and mmap, each asked for runs of pages; and for fragmentation a\n"
        "binary buddy, the textbook's.\n"
        "\n"
        "For quiet figures: CPUs that nobody else uses, and the performance governor\n"
        "(cpupower frequency-set -g performance). With --lcores=1,2,4 and so on one sees how\n"
        "a pool scales. \"to best\" compares each pool with the best of its peers; the last\n"
        "columns say how many times faster the first pool is than each: median, minimum and\n"
        "maximum of the rounds. Where those lie on both sides of 1, do not believe in a\n"
        "difference: take more --rounds.\n"
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

static bool parse_list(const char *option, char *text, unsigned least, unsigned most,
                       struct list *ret_list)
{
    const char *words[LIST_MAX];
    struct list list = {0};

    if (!parse_names(option, text, LIST_MAX, words, &list.n))
        return false;
    for (unsigned i = 0; i < list.n; i++) {
        if (!parse_unsigned(option, words[i], least, most, &list.values[i]))
            return false;
    }
    *ret_list = list;
    return true;
}

static bool parse_patterns(struct options *o, char *text)
{
    const char *names[OPTIONS_MAX_PATTERNS];
    unsigned n;

    if (!parse_names("pattern", text, OPTIONS_MAX_PATTERNS, names, &n))
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

static bool parse_pools(struct options *o, char *text)
{
    o->pools_given = true;
    if (!parse_names("pools", text, CONTENDERS_MAX, o->pools, &o->n_pools))
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

static bool apply(struct options *o, const struct option_spec *spec, char *text)
{
    const char *name = spec->name;

    switch (spec->letter) {
    case OPTION_PATTERN:
        return parse_patterns(o, text);
    case OPTION_POOLS:
        return parse_pools(o, text);
    case OPTION_ROUNDS:
        return parse_unsigned(name, text, 1, STATISTICS_MAX, &o->rounds);
    case OPTION_SLOT_MS:
        return parse_unsigned(name, text, 1, 60000, &o->slot_ms);
    case OPTION_BULK:
        return parse_list(name, text, 1, BULK_MAX, &o->bulk);
    case OPTION_BUFS:
        return parse_list(name, text, 1, LAB_POOL_COUNT_MAX, &o->bufs);
    case OPTION_CACHE:
        return parse_list(name, text, 0, RTE_MEMPOOL_CACHE_MAX_SIZE, &o->cache);
    case OPTION_LCORES:
        return parse_list(name, text, 1, RTE_MAX_LCORE - 1, &o->lcores);
    case OPTION_HELD:
        return parse_unsigned(name, text, 1, HELD_MAX, &o->held);
    case OPTION_OCCUPANCY:
        return parse_list(name, text, 0, 99, &o->occupancy);
    case OPTION_JSON:
        o->json = text;
        return true;
    case 'q':
        o->quiet = true;
        return true;
    }
    return false;
}

static void choose_all(struct options *options)
{
    options->n_patterns = n_patterns;
    memcpy(options->patterns, patterns, n_patterns * sizeof(patterns[0]));
    options->n_pools = contender_n_defaults;
    memcpy(options->pools, contender_defaults, contender_n_defaults * sizeof(options->pools[0]));
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {.rounds = 5, .slot_ms = 100};
    const struct option_spec *spec;
    char *argument;
    bool wrong;

    choose_all(&options);
    if (!option_split(&table, &argc, &argv, &options.eal))
        return OPTIONS_WRONG;
    while ((spec = option_next(&table, argc, argv, &argument, &wrong)) != NULL) {
        switch (spec->letter) {
        case 'h':
            print_help();
            return OPTIONS_ANSWERED;
        case 'V':
            option_print_version(rte_version());
            return OPTIONS_ANSWERED;
        case OPTION_LIST:
            patterns_print();
            return OPTIONS_ANSWERED;
        }
        if (!apply(&options, spec, argument))
            return OPTIONS_WRONG;
    }
    if (wrong)
        return OPTIONS_WRONG;
    if (optind < argc) {
        complain("%s is no option: the EAL's stand before \"--\", see --help", argv[optind]);
        return OPTIONS_WRONG;
    }
    *ret_options = options;
    return OPTIONS_RUN;
}
