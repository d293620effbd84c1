/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "complete.h"
#include "message.h"
#include "suggest.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "labyrinth-stat"

static bool save_prefix(struct options *o, const struct option_row *row, char *text)
{
    if (text[0] == '\0' || strchr(text, '/') != NULL)
        return wrong_value(row->name, text, "a name, as the process has it");
    o->place.prefix = text;
    return true;
}

static bool save_interval(struct options *o, const struct option_row *row, char *text)
{
    if (!parse_real(row->name, text, 0.001, 1e9, &o->interval_s))
        return false;
    return (o->interval_s >= 0.01 && o->interval_s <= 86400) ||
           wrong_value(row->name, text, "0.01 to 86400 seconds");
}

static void print_version(void)
{
    option_print_version(NULL);
}

static void print_help(void);

static const struct option_row rows[] = {
    {"file-prefix", 'f', "PREFIX", OPTION_OTHER(save_prefix, 0),
     "the process's own --file-prefix (rte, as in DPDK)"},
    {"instance", 'i', "N", OPTION_WHOLE(place.instance, 0, 65535),
     "of several with that prefix, which: 0, 1... (0)"},
    {"socket", '\0', "PATH", OPTION_TEXT(place.socket),
     "the process's telemetry socket, where it lies elsewhere:" OPTION_NEXT
     "/proc/PID/root/var/run/dpdk/rte/dpdk_telemetry.v2"},
    {"json", 'j', NULL, OPTION_FLAG(json), "JSON instead of tables; of watch, a line each time"},
    {"watch", '\0', NULL, OPTION_FLAG(watch), "why: again and again"},
    {"interval", 'd', "SEC", OPTION_OTHER(save_interval, 0),
     "watch, why --watch: time between two looks (1)"},
    {"count", '\0', "N", OPTION_WHOLE(count, 0, 1000000000),
     "the same: end after N looks (0: at Ctrl-C)"},
    {"apart", '\0', "SEC", OPTION_REAL(apart_s, 0.001, 3600),
     "where, lost, why: time between two walks through memory (2)"},
    {"mib-s", '\0', "N", OPTION_WHOLE(mib_s, 0, 1000000),
     "the same: most MiB read in a second (1024; 0: no limit)"},
    {"skip", '\0', "PATH", OPTION_TEXT(skip),
     "the same: leave out mappings with PATH in their path," OPTION_NEXT
     "or the one that begins at this hexadecimal address"},
    {"pcap", '\0', "FILE", OPTION_TEXT(pcap),
     "where, lost: write packets of a group to FILE, for Wireshark"},
    {"packets", '\0', "N", OPTION_WHOLE(packets, 1, 1000000), "N of them (32)"},
    {"group", '\0', "N", OPTION_WHOLE(group, 1, 1000000),
     "of this group (the largest of what is lost)"},
    {"help", 'h', NULL, OPTION_ANSWER(print_help), "this text"},
    {"version", 'V', NULL, OPTION_ANSWER(print_version), "version"},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), false};

/* Words behind the command. */
static const struct verb {
    const char *name;
    int least, most;
    const char *usage;
    const char *help;
} verbs[] = {
    {"list", 0, 0, "list", "the pools: buffers, how many are free, most ever held"},
    {"info", 1, 1, "info NAME",
     "where one pool's free buffers are, and which way its lcores' calls went"},
    {"map", 0, 1, "map [ARENA]",
     "an arena's free runs by order, its watermarks, events and deques"},
    {"holders", 1, 1, "holders NAME", "why is my pool empty: who has its buffers, most first"},
    {"leaks", 1, 1, "leaks NAME[,SEC]",
     "what has been held for SEC seconds (1) or more, by who took it"},
    {"where", 1, 1, "where NAME", "where all objects of any mempool are: what points to them"},
    {"lost", 1, 1, "lost NAME", "to which of them nothing points any more: the program lost them"},
    {"why", 1, 1, "why NAME", "why any mempool is empty, or when it will be, and what to do"},
    {"watch", 0, 1, "watch [NAME]",
     "all pools, or one pool's lcores, again and again, as top(1) does"},
    {"metrics", 0, 0, "metrics",
     "all pools in OpenMetrics, for node_exporter's textfile collector"},
    {"audit", 2, 2, "audit NAME LEVEL", "changes the audit's level: off, sample, sample:N or full"},
    {"publish", 1, 1, "publish NAME", "makes public what idle lcores keep to themselves"},
    {"reclaim", 1, 1, "reclaim NAME", "takes back what processes held that have ended"},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
    printf("Usage: " PROGRAM " [options] COMMAND [NAME]\n"
           "\n"
           "Asks a running DPDK program about its Labyrinth pools, over DPDK's telemetry socket.\n"
           "Nothing that polls waits for it. It reads only, but for audit, publish and reclaim,\n"
           "which the program must allow: LABYRINTH_OPTIONS=control=on.\n"
           "\n"
           "Commands:\n");
    for (size_t i = 0; i < N_VERBS; i++)
        printf("  %-26s %s\n", verbs[i].usage, verbs[i].help);
    printf("\nOptions:\n");
    option_print(&table);
    printf(
        "\n"
        "\"held\" is what is not free in the pool: with the program, its devices, or in DPDK's\n"
        "own caches (\"cache\" is their size for each lcore). Calls that the private part of an\n"
        "lcore's own deque serves are not counted; \"slow\" are those that were not so lucky,\n"
        "\"steals\" what came from other lcores, \"failed\" gets that found too little. holders\n"
        "and leaks know as much as the process records: start it with\n"
        "LABYRINTH_OPTIONS=audit=full.\n"
        "\n"
        "Exit status: 0 when the process has answered; 1 when there is no such process or pool,\n"
        "no permission, or no answer; 2 for wrong usage.\n"
        "\n"
        "Examples:\n"
        "  " PROGRAM " list\n"
        "  " PROGRAM " info mb_pool_0\n"
        "  " PROGRAM " why mb_pool_0\n"
        "  " PROGRAM " leaks mb_pool_0,60\n"
        "  " PROGRAM " audit mb_pool_0 sample:1000\n"
        "  " PROGRAM " --file-prefix=lab watch\n"
        "  " PROGRAM " --json --interval=10 --count=60 watch >ten-minutes.jsonl\n");
}

static const struct verb *find_verb(const char *typed)
{
    const char *names[N_VERBS], *nearest;

    for (size_t i = 0; i < N_VERBS; i++) {
        names[i] = verbs[i].name;
        if (strcmp(typed, names[i]) == 0)
            return &verbs[i];
    }
    nearest = suggest(typed, names, N_VERBS);
    if (nearest != NULL)
        complain("no command %s: did you mean %s?", typed, nearest);
    else
        complain("no command %s: see --help", typed);
    return NULL;
}

static bool parse_words(struct options *o, char *words[], int n)
{
    const struct verb *verb;

    if (n == 0) {
        complain("which command? list, info, holders, watch...: see --help");
        return false;
    }
    verb = find_verb(words[0]);
    if (verb == NULL)
        return false;
    if (n == 1 && verb->least > 0) {
        complain("%s needs a pool's name: " PROGRAM " list has them", verb->name);
        return false;
    }
    if (n - 1 < verb->least) {
        complain("%s needs more: " PROGRAM " %s", verb->name, verb->usage);
        return false;
    }
    if (n - 1 > verb->most) {
        complain("%s is too much: " PROGRAM " %s", words[n - 1], verb->usage);
        return false;
    }
    o->verb = verb->name;
    o->name = n > 1 ? words[1] : NULL;
    o->word = n > 2 ? words[2] : NULL;
    return true;
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {
        .place.prefix = "rte", .interval_s = 1, .apart_s = 2, .mib_s = 1024, .packets = 32};
    enum options_verdict verdict;
    const char *names[N_VERBS + 1] = {NULL};

    for (size_t i = 0; i < N_VERBS; i++)
        names[i] = verbs[i].name;
    if (option_complete(&table, names))
        return OPTIONS_ANSWERED;
    verdict = option_parse(&table, argc, argv, &options);
    if (verdict != OPTIONS_RUN)
        return verdict;
    if (!parse_words(&options, argv + optind, argc - optind))
        return OPTIONS_WRONG;
    *ret_options = options;
    return OPTIONS_RUN;
}
