/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* labyrinth-doctor: looks at the machine, says what stands in the way, and touches nothing. */

#include "check.h"
#include "complete.h"
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

struct options {
    const char *root;
    bool json, quiet;
};

static void print_version(void)
{
    option_print_version(NULL);
}

static void print_help(void);

static const struct option_row rows[] = {
    {"json", '\0', NULL, OPTION_FLAG(json), "everything as JSON, on stdout"},
    {"quiet", 'q', NULL, OPTION_FLAG(quiet), "what is good is not said"},
    {"root", '\0', "DIR", OPTION_TEXT(root), "look at the files of another machine, below DIR"},
    {"help", 'h', NULL, OPTION_ANSWER(print_help), "this text"},
    {"version", 'V', NULL, OPTION_ANSWER(print_version), "the version"},
};

static const struct option_table table = {rows, sizeof(rows) / sizeof(rows[0]), false};

static check_fn *const checks[] = {
    check_hugepages,  check_mounts,    check_memlock,  check_thp,      check_groups,
    check_plugin,     check_slots,     check_prefixes, check_segments, check_aslr,
    check_membarrier, check_isolation, check_governor, check_nics,
};

static void print_help(void)
{
    printf(
        "Usage: " PROGRAM " [options]\n"
        "\n"
        "Looks at what DPDK programs and Labyrinth's pools need of this machine, and says line\n"
        "by line what is good, and the command that fixes what is not. A part that it may not see\n"
        "is \"not known\". It changes nothing, and needs neither root nor DPDK.\n"
        "\n");
    option_print(&table);
    printf("\n"
           "Exit status, by the worst finding: 0 good, 1 advice (works, and could be better),\n"
           "2 bad (something that people expect does not work); 3 for wrong usage.\n");
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
    enum options_verdict verdict;

    if (option_complete(&table, NULL))
        return OPTIONS_ANSWERED;
    verdict = option_parse(&table, argc, argv, options);
    if (verdict != OPTIONS_RUN)
        return verdict;
    if (optind < argc) {
        complain("%s: takes options alone, see --help", argv[optind]);
        return OPTIONS_WRONG;
    }
    return options->root[0] != '\0' && !is_folder(options->root) ? OPTIONS_WRONG : OPTIONS_RUN;
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
        return option_answered() == 0 ? EXIT_SUCCESS : EXIT_NOT_LOOKED;
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
