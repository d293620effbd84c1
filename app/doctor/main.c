/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-doctor: looks at the machine, says what stands in the way, and touches nothing. */

#include "check.h"
#include "json_file.h"
#include "message.h"
#include "option.h"
#include "slots.h"
#include "standard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "labyrinth-doctor"

/* The others are levels of findings. */
#define EXIT_NOT_LOOKED 3

enum {
    OPTION_JSON = OPTION_NO_LETTER,
    OPTION_ROOT,
};

static const struct option_spec specs[] = {
    {"json", NULL, OPTION_JSON, "everything as JSON, on stdout"},
    {"quiet", NULL, 'q', "what is good is not said"},
    {"root", "DIR", OPTION_ROOT, "look at the files of another machine, below DIR"},
    {"help", NULL, 'h', "this text"},
    {"version", NULL, 'V', "the version"},
};

static const struct option_table table = {specs, sizeof(specs) / sizeof(specs[0])};

struct options {
    const char *root;
    bool json, quiet;
};

static check_fn *const checks[] = {
    check_hugepages, check_mounts,   check_memlock,  check_thp,  check_plugin,
    check_slots,     check_prefixes, check_segments, check_aslr, check_membarrier,
    check_isolation, check_governor, check_nics,
};

static void print_help(void)
{
    printf("Usage: " PROGRAM " [options]\n"
           "\n"
           "Looks at what DPDK programs and Labyrinth's pools need of this machine, and says line\n"
           "by line what is good, and the command that mends what is not. It changes nothing, and\n"
           "needs neither root nor DPDK.\n"
           "\n");
    option_print(&table);
    printf("\n"
           "Exit status, by the worst finding: 0 good, 1 advice (works, and could be better),\n"
           "2 bad (something that people expect does not work); 3 for wrong usage.\n");
}

static enum options_verdict apply(struct options *options, const struct option_spec *spec,
                                  const char *argument)
{
    switch (spec->letter) {
    case 'h':
        print_help();
        return OPTIONS_ANSWERED;
    case 'V':
        option_print_version(NULL);
        return OPTIONS_ANSWERED;
    case OPTION_JSON:
        options->json = true;
        break;
    case 'q':
        options->quiet = true;
        break;
    case OPTION_ROOT:
        options->root = argument;
        break;
    }
    return OPTIONS_RUN;
}

static bool is_folder(const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        errno = ENOTDIR;
    else if (access(path, R_OK | X_OK) == 0)
        return true;
    complain("--root=%s: %s", path, strerror(errno));
    return false;
}

static enum options_verdict parse(struct options *options, int argc, char *argv[])
{
    const struct option_spec *spec;
    char *argument;
    bool wrong;

    while ((spec = option_next(&table, argc, argv, &argument, &wrong)) != NULL) {
        enum options_verdict verdict = apply(options, spec, argument);

        if (verdict != OPTIONS_RUN)
            return verdict;
    }
    if (!wrong && optind < argc) {
        complain("%s: takes options alone, see --help", argv[optind]);
        wrong = true;
    }
    return wrong || (options->root[0] != '\0' && !is_folder(options->root)) ? OPTIONS_WRONG
                                                                            : OPTIONS_RUN;
}

static int show(const struct options *options, const struct report *report)
{
    json_t *json;
    int rc;

    if (!options->json) {
        report_print(report, !options->quiet, stdout);
        return fflush(stdout);
    }
    json = report_json(report);
    rc = json_file_write("-", json);
    json_decref(json);
    return rc;
}

int main(int argc, char *argv[])
{
    struct options options = {.root = ""};
    struct report report = {0};
    struct tree tree;
    int status;

    standard_open();
    if (argc == SLOTS_WORDS && strcmp(argv[1], SLOTS_WORD) == 0)
        return slots_main(&(const struct slots_call){
            .root = argv[2], .folder = argv[3], .abi = argv[4], .answer = atoi(argv[5])});
    switch (parse(&options, argc, argv)) {
    case OPTIONS_ANSWERED:
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_NOT_LOOKED;
    case OPTIONS_RUN:
        break;
    }
    tree.root = options.root;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](&tree, &report);
    status = show(&options, &report) == 0 ? (int)report_worst(&report) : EXIT_NOT_LOOKED;
    report_free(&report);
    return status;
}
