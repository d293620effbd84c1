/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "options.h"

#include "message.h"
#include "suggest.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <rte_config.h>
#include <rte_version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options that have no letter. */
enum {
    OPTION_DURATION = 256,
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

/* Where the help of an option goes on. */
#define NEXT "\n                             "

static const struct spec {
    const char *name;
    const char *argument; /* NULL: takes none */
    int letter;
    const char *help;
} specs[] = {
    {"loop", "N", 'l', "replay the capture N times (1); 0: until interrupted"},
    {"limit", "N", 'L', "stop after N frames; no more of the capture is read"},
    {"duration", "SEC", OPTION_DURATION, "stop after SEC seconds"},
    {"topspeed", NULL, 't', "as fast as the buffers come (this is the default)"},
    {"multiplier", "X", 'x', "as fast as recorded, times X"},
    {"pps", "N", 'p', "N frames a second"},
    {"rxq", "N", OPTION_RXQ, "receive queues, each polled by an lcore of its own (1)"},
    {"rxd", "N", OPTION_RXD, "descriptors of a queue, a power of two (512)"},
    {"burst", "N", OPTION_BURST, "most packets that a poll takes (32)"},
    {"mbuf-size", "BYTES", OPTION_MBUF_SIZE,
     "data room of a buffer, with its headroom of 128 (2176);" NEXT "larger frames become chains"},
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
     "write the report to FILE (-: stdout, the other to stderr);" NEXT
     "an array when there are several pools"},
    {"quiet", NULL, 'q', "no report, no progress, no notes: errors and the exit status only"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "version, and the DPDK it runs on"},
};

_Static_assert(2 * OPTIONS_MAX_QUEUES <= RTE_MAX_LCORE, "a queue needs up to two lcores");

#define N_SPECS (sizeof(specs) / sizeof(specs[0]))

static void print_help(void)
{
    printf("Usage: " PROGRAM " [EAL options --] [options] FILE...\n"
           "\n"
           "Replays captures (pcap and pcapng, by content, whatever the name) through receive\n"
           "queues whose buffers come from a mempool, compares every byte that is received, and\n"
           "sees that every buffer is back at the end.\n"
           "\n");
    for (size_t i = 0; i < N_SPECS; i++) {
        char left[48];

        snprintf(left, sizeof(left), "--%s%s%s", specs[i].name, specs[i].argument ? "=" : "",
                 specs[i].argument ? specs[i].argument : "");
        if (specs[i].letter < 256)
            printf("  -%c, %-22s %s\n", specs[i].letter, left, specs[i].help);
        else
            printf("      %-22s %s\n", left, specs[i].help);
    }
    printf("\n"
           "Without EAL options it uses no PCI device, the CPUs that it is allowed to use, huge\n"
           "pages where enough are free and ordinary memory otherwise.\n"
           "\n"
           "Exit status: 0 when every frame read was replayed or refused by a named reason, and\n"
           "nothing was corrupted or leaked; 1 otherwise; 2 for wrong usage.\n"
           "\n"
           "Examples:\n"
           "  " PROGRAM " my.pcap\n"
           "  " PROGRAM " --loop=1000 --pool=labyrinth,ring_mp_mc,stack my.pcap\n"
           "  " PROGRAM " --rxq=2 --free-on=other --mbcache=0 --duration=10 --loop=0 my.pcap\n"
           "  " PROGRAM " -l 2-5 --file-prefix=lab -- --rxq=4 --pps=1000000 -l 0 my.pcap\n");
}

static void print_version(void)
{
    printf(PROGRAM " " LABYRINTH_VERSION " (%s)\n", rte_version());
}

static const struct spec *spec_of(int letter)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        if (specs[i].letter == letter)
            return &specs[i];
    }
    return NULL;
}

static const struct spec *spec_named(const char *name, size_t length)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        if (strlen(specs[i].name) == length && strncmp(specs[i].name, name, length) == 0)
            return &specs[i];
    }
    return NULL;
}

static bool wrong_value(const char *option, const char *text, const char *expected)
{
    complain("--%s=%s: must be %s", option, text, expected);
    return false;
}

static bool parse_u64(const char *option, const char *text, uint64_t least, uint64_t most,
                      uint64_t *ret_value)
{
    char expected[64], *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least ||
        value > most) {
        if (most == UINT64_MAX)
            snprintf(expected, sizeof(expected), "a whole number, %llu or more",
                     (unsigned long long)least);
        else
            snprintf(expected, sizeof(expected), "a whole number, %llu to %llu",
                     (unsigned long long)least, (unsigned long long)most);
        return wrong_value(option, text, expected);
    }
    *ret_value = value;
    return true;
}

static bool parse_unsigned(const char *option, const char *text, unsigned least, unsigned most,
                           unsigned *ret_value)
{
    uint64_t value;

    if (!parse_u64(option, text, least, most, &value))
        return false;
    *ret_value = (unsigned)value;
    return true;
}

static bool parse_positive(const char *option, const char *text, double *ret_value)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value <= 0)
        return wrong_value(option, text, "a number above 0");
    *ret_value = value;
    return true;
}

static bool parse_pace(struct options *options, enum pace_kind kind, const struct spec *spec,
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

static bool parse_pools(struct options *options, char *text)
{
    char *rest = text;

    options->n_pools = 0;
    for (char *name = strsep(&rest, ","); name != NULL; name = strsep(&rest, ",")) {
        if (name[0] == '\0')
            return wrong_value("pool", "", "names with commas between them");
        if (options->n_pools == OPTIONS_MAX_POOLS) {
            complain("--pool: at most %d names", OPTIONS_MAX_POOLS);
            return false;
        }
        options->pools[options->n_pools++] = name;
    }
    return true;
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

static bool apply(struct options *o, const struct spec *spec, char *text)
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
        return parse_pools(o, text);
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

static void complain_unknown(const char *typed, int letter)
{
    const char *names[N_SPECS], *nearest;
    char word[64];

    if (letter != 0) {
        complain("unknown option -%c: see --help", letter);
        return;
    }
    for (size_t i = 0; i < N_SPECS; i++)
        names[i] = specs[i].name;
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    nearest = suggest(word, names, N_SPECS);
    if (nearest != NULL)
        complain("unknown option --%s: did you mean --%s?", word, nearest);
    else
        complain("unknown option --%s: see --help", word);
}

/* getopt_long has met what it does not like; `typed` is where it stood. */
static void complain_option(const char *typed, int verdict)
{
    const struct spec *spec = spec_of(optopt);

    if (verdict == ':')
        complain("%s needs %s", typed, spec->argument);
    else if (spec != NULL && optopt >= 256)
        complain("--%s takes no argument", spec->name);
    else
        complain_unknown(typed, typed[1] == '-' ? 0 : optopt);
}

/* Takes what stands before "--" for the EAL, and leaves the rest in argv with its own argv[0]. */
static bool split(struct options *options, int *argc, char **argv[])
{
    int n = 1;

    while (n < *argc && strcmp((*argv)[n], "--") != 0)
        n++;
    if (n == *argc)
        return true;
    for (int i = 1; i < n; i++) {
        const char *word = (*argv)[i];

        if (strncmp(word, "--", 2) == 0 && strcmp(word, "--help") != 0 &&
            spec_named(word + 2, strcspn(word + 2, "=")) != NULL) {
            complain("%s stands before \"--\", where the EAL's options stand", word);
            return false;
        }
    }
    options->eal = *argv + 1;
    options->n_eal = n - 1;
    (*argv)[n] = (*argv)[0];
    *argv += n;
    *argc -= n;
    return true;
}

static void make_getopt_tables(struct option longs[N_SPECS + 1], char shorts[2 * N_SPECS + 2])
{
    *shorts++ = ':'; /* tells a missing argument from an unknown option */
    for (size_t i = 0; i < N_SPECS; i++) {
        const struct spec *spec = &specs[i];

        longs[i] = (struct option){
            .name = spec->name,
            .has_arg = spec->argument != NULL ? required_argument : no_argument,
            .val = spec->letter,
        };
        if (spec->letter >= 256)
            continue;
        *shorts++ = (char)spec->letter;
        if (spec->argument != NULL)
            *shorts++ = ':';
    }
    longs[N_SPECS] = (struct option){0};
    *shorts = '\0';
}

enum options_verdict options_parse(struct options *ret_options, int argc, char *argv[])
{
    struct option longs[N_SPECS + 1];
    char shorts[2 * N_SPECS + 2];
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
    int letter;

    make_getopt_tables(longs, shorts);
    if (!split(&options, &argc, &argv))
        return OPTIONS_WRONG;
    opterr = 0;
    for (;;) {
        int at = optind;

        letter = getopt_long(argc, argv, shorts, longs, NULL);
        if (letter == -1)
            break;
        if (letter == 'h') {
            print_help();
            return OPTIONS_ANSWERED;
        }
        if (letter == 'V') {
            print_version();
            return OPTIONS_ANSWERED;
        }
        if (letter == '?' || letter == ':') {
            complain_option(argv[optind > at ? optind - 1 : at], letter);
            return OPTIONS_WRONG;
        }
        if (!apply(&options, spec_of(letter), optarg))
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
