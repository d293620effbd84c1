/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "message.h"
#include "suggest.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define PROGRAM "labyrinth-stat"

enum { OPTION_SOCKET = OPTION_NO_LETTER, OPTION_COUNT };

static const struct option_spec specs[] = {
    {"file-prefix", "PREFIX", 'f', "the process's own --file-prefix (rte, as in DPDK)"},
    {"instance", "N", 'i', "of several with that prefix, which: 0, 1... (0)"},
    {"socket", "PATH", OPTION_SOCKET,
     "the process's telemetry socket, where it lies elsewhere:" OPTION_NEXT
     "/proc/PID/root/var/run/dpdk/rte/dpdk_telemetry.v2"},
    {"json", NULL, 'j', "JSON instead of tables; of watch, a line each time"},
    {"interval", "SEC", 'd', "watch: time between two looks (1)"},
    {"count", "N", OPTION_COUNT, "watch: end after N looks (0: at Ctrl-C)"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "version"},
};

static const struct option_table table = {specs, sizeof(specs) / sizeof(specs[0])};

enum naming { NAME_NONE, NAME_POSSIBLE, NAME_NEEDED };

static const struct verb {
    const char *name;
    enum naming naming;
    const char *usage;
    const char *help;
} verbs[] = {
    {"list", NAME_NONE, "list", "the pools: buffers, how many are free, most ever held"},
    {"info", NAME_NEEDED, "info NAME",
     "where one pool's free buffers are, and which way its lcores' calls went"},
    {"map", NAME_POSSIBLE, "map [ARENA]",
     "an arena's free runs by order, its marks, events and deques"},
    {"holders", NAME_NEEDED, "holders NAME",
     "why is my pool empty: who has its buffers, most first"},
    {"leaks", NAME_NEEDED, "leaks NAME[,SEC]",
     "what has been held for SEC seconds (1) or more, by who took it"},
    {"watch", NAME_POSSIBLE, "watch [NAME]",
     "all pools, or one pool's lcores, again and again, as top(1) does"},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(void)
{
    printf("Usage: " PROGRAM " [options] COMMAND [NAME]\n"
           "\n"
           "Asks a running DPDK program about its Labyrinth pools, over DPDK's telemetry socket.\n"
           "It reads only: nothing in the program changes, and nothing that polls waits.\n"
           "\n"
           "Commands:\n");
    for (size_t i = 0; i < N_VERBS; i++)
        printf("  %-26s %s\n", verbs[i].usage, verbs[i].help);
    printf("\nOptions:\n");
    option_print(&table);
    printf(
        "\n"
        "\"held\" is what is not free in the pool: with the program, its devices, or in DPDK's\n"
        "own caches (\"cache\" is their size for each lcore). Calls that an lcore's own tip\n"
        "serves are not counted; \"slow\" are those that were not so lucky, \"steals\" what came\n"
        "from other lcores, \"failed\" gets that found too little. holders and leaks know as\n"
        "much as the process records: start it with LABYRINTH_OPTIONS=audit=full.\n"
        "\n"
        "Exit status: 0 when the process has answered; 1 when there is no such process or pool,\n"
        "no permission, or no answer; 2 for wrong usage.\n"
        "\n"
        "Examples:\n"
        "  " PROGRAM " list\n"
        "  " PROGRAM " info mb_pool_0\n"
        "  " PROGRAM " leaks mb_pool_0,60\n"
        "  " PROGRAM " --file-prefix=lab watch\n"
        "  " PROGRAM " --json --interval=10 --count=60 watch >ten-minutes.jsonl\n");
}

static bool apply(struct options *o, const struct option_spec *spec, const char *text)
{
    switch (spec->letter) {
    case 'f':
        if (text[0] == '\0' || strchr(text, '/') != NULL)
            return wrong_value("file-prefix", text, "a name, as the process has it");
        o->place.prefix = text;
        return true;
    case 'i':
        return parse_unsigned("instance", text, 0, 65535, &o->place.instance);
    case OPTION_SOCKET:
        o->place.socket = text;
        return true;
    case 'j':
        o->json = true;
        return true;
    case 'd':
        if (!parse_real("interval", text, 0.001, 1e9, &o->interval_s))
            return false;
        return o->interval_s >= 0.01 && o->interval_s <= 86400
                   ? true
                   : wrong_value("interval", text, "0.01 to 86400 seconds");
    case OPTION_COUNT:
        return parse_unsigned("count", text, 0, 1000000000, &o->count);
    }
    return false;
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
        complain("which command? list, info, map, holders, leaks or watch: see --help");
        return false;
    }
    verb = find_verb(words[0]);
    if (verb == NULL)
        return false;
    if (n == 1 && verb->naming == NAME_NEEDED) {
        complain("%s needs a pool's name: " PROGRAM " list has them", verb->name);
        return false;
    }
    if (n > (verb->naming == NAME_NONE ? 1 : 2)) {
        complain("%s is too much: " PROGRAM " %s", words[n - 1], verb->usage);
        return false;
    }
    o->verb = verb->name;
    o->name = n > 1 ? words[1] : NULL;
    return true;
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct options options = {.place.prefix = "rte", .interval_s = 1};
    const struct option_spec *spec;
    char *argument;
    bool wrong;

    while ((spec = option_next(&table, argc, argv, &argument, &wrong)) != NULL) {
        switch (spec->letter) {
        case 'h':
            print_help();
            return OPTIONS_ANSWERED;
        case 'V':
            option_print_version(NULL);
            return OPTIONS_ANSWERED;
        }
        if (!apply(&options, spec, argument))
            return OPTIONS_WRONG;
    }
    if (wrong || !parse_words(&options, argv + optind, argc - optind))
        return OPTIONS_WRONG;
    *ret_options = options;
    return OPTIONS_RUN;
}
