/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Whether DPDK would load our mempool driver, and has room for it. */

#include "check.h"
#include "dpdk.h"
#include "quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLOTS 16 /* RTE_MEMPOOL_MAX_OPS_IDX, in every release */

/* A name that ends in ".so.25" or ".so.25.0" is for the ABI 25. */
static bool is_for(const char *path, unsigned abi)
{
    char word[32], after;

    snprintf(word, sizeof(word), ".so.%u", abi);
    path = strstr(path, word);
    after = path != NULL ? path[strlen(word)] : 'x';
    return after == '\0' || after == '.';
}

/* The file that is for this DPDK; if there is none, another, or NULL. */
static const char *choose(const struct tree *tree, const glob_t *files, size_t n, unsigned abi)
{
    for (size_t i = 0; i < n; i++) {
        if (is_for(tree_match(tree, files, i), abi))
            return tree_match(tree, files, i);
    }
    return n > 0 ? tree_match(tree, files, n - 1) : NULL;
}

static void check_file(const struct tree *tree, const struct dpdk *dpdk, const char *path,
                       struct report *report)
{
    char unsafe[PATH_MAX];
    struct stat status;
    int rc = tree_stat(tree, &status, "%s", path);

    if (rc != 0)
        report_unknown(report, "plugin", path, rc);
    else if (dpdk_unsafe(tree, path, unsafe))
        finding_fix(report_add(report, LEVEL_BAD, "plugin",
                               "everybody may write to %s: the EAL loads nothing from there",
                               unsafe),
                    "chmod o-w %s", quote(unsafe));
    else if (!is_for(path, dpdk->abi))
        finding_fix(report_add(report, LEVEL_BAD, "plugin",
                               "%s is for another DPDK than the one here, whose ABI is %u", path,
                               dpdk->abi),
                    "rm -r build/release && make install (in the sources)");
    else
        report_add(report, LEVEL_GOOD, "plugin", "%s is where DPDK (ABI %u) looks by itself", path,
                   dpdk->abi);
}

static void check_folder(const struct tree *tree, const struct dpdk *dpdk, struct report *report)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, dpdk->folder, "/" DPDK_PLUGIN "*");
    const char *path;
    int error = tree_glob_error();

    if (error != 0) {
        report_unknown(report, "plugin", dpdk->folder, error);
        globfree(&files);
        return;
    }
    path = choose(tree, &files, n, dpdk->abi);
    if (path != NULL && dpdk->present)
        check_file(tree, dpdk, path, report);
    else if (path != NULL)
        finding_fix(report_add(report, LEVEL_ADVICE, "plugin",
                               "%s is left from a DPDK (ABI %u) that is gone", path, dpdk->abi),
                    "rm %s*", quote(path));
    else if (dpdk->present)
        finding_fix(report_add(report, LEVEL_BAD, "plugin", "not in %s, where DPDK looks by itself",
                               dpdk->folder),
                    "make install (in the sources), or -d PATH/" DPDK_PLUGIN
                    " among the EAL options");
    globfree(&files);
}

static bool is_any_present(const struct dpdk dpdks[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (dpdks[i].present)
            return true;
    }
    return false;
}

void check_plugin(const struct tree *tree, struct report *report)
{
    struct dpdk dpdks[DPDK_MAX];
    size_t n = dpdk_find(tree, dpdks);

    if (tree_glob_error() != 0)
        report_unknown(report, "plugin", "all places where DPDK may be", tree_glob_error());
    else if (!is_any_present(dpdks, n))
        finding_fix(
            report_add(report, LEVEL_ADVICE, "plugin",
                       "there is no DPDK here: none with shared libraries in /usr or /usr/local"),
            "apt install dpdk");
    for (size_t i = 0; i < n; i++)
        check_folder(tree, &dpdks[i], report);
}

static void judge_slots(const struct dpdk_slots *slots, const struct dpdk *dpdk,
                        struct report *report)
{
    if (slots->error[0] != '\0')
        finding_fix(
            report_add(report, LEVEL_BAD, "slots", "the plugin does not load: %s", slots->error),
            "rm -r build/release && make install (in the sources)");
    else if (slots->in_place)
        report_add(
            report, LEVEL_GOOD, "slots",
            "all %u for mempool drivers in DPDK (ABI %u) are taken before ours comes: it has "
            "that of one for other processors",
            SLOTS, dpdk->abi);
    else if (slots->others >= SLOTS)
        finding_fix(report_add(report, LEVEL_BAD, "slots",
                               "DPDK (ABI %u) has %u for mempool drivers, and %u are taken before "
                               "ours comes",
                               dpdk->abi, SLOTS, slots->others),
                    "move drivers that are not needed out of %s, with those that use them",
                    dpdk->folder);
    else
        report_add(report, LEVEL_GOOD, "slots",
                   "%u of the %u for mempool drivers in DPDK (ABI %u) are free, and ours %s",
                   SLOTS - slots->others, SLOTS, dpdk->abi,
                   slots->ours > 0 ? "takes one" : "needs one");
}

void check_slots(const struct tree *tree, struct report *report)
{
    struct dpdk dpdks[DPDK_MAX];
    size_t n = dpdk_find(tree, dpdks);

    for (size_t i = 0; i < n; i++) {
        char unsafe[PATH_MAX];
        struct dpdk_slots slots;
        int rc;

        /* A file that the EAL would not load is not loaded here either. */
        if (!dpdks[i].present || dpdk_unsafe(tree, dpdks[i].folder, unsafe))
            continue;
        rc = dpdk_count_slots(tree, &dpdks[i], &slots);
        if (rc == 0)
            judge_slots(&slots, &dpdks[i], report);
        else
            report_add(report, LEVEL_ADVICE, "slots", "cannot be counted in %s: %s",
                       dpdks[i].folder,
                       rc == -ENOENT ? "librte_mempool is not there" : "a driver ended the count");
    }
}
