/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What DPDK's processes leave to each other, and to us when they die. */

#include "check.h"
#include "locks.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the EAL has its directories: /var/run is /run, as a socket's path has it or not. */
#define PREFIXES "{/var/run,/run/user/*,/tmp}/dpdk/*"

/* Our own tools keep nothing there that could be locked: their process's number is in the name. */
static bool is_running_tool(const struct tree *tree, const char *folder)
{
    const char *name = strrchr(folder, '/') + 1, *number = strrchr(name, '-');
    struct stat status;

    return number != NULL && strncmp(name, "labyrinth-", 10) == 0 &&
           tree_stat(tree, &status, "/proc/%s", number + 1) == 0;
}

static bool is_alive(const struct tree *tree, const struct locks *locks, const char *folder)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "%s/*", folder);
    bool alive = is_running_tool(tree, folder);

    for (size_t i = 0; i < n && !alive; i++)
        alive = locks_have(locks, tree, tree_match(tree, &files, i));
    globfree(&files);
    return alive;
}

/* A secondary opens its primary's files, and only their owner may. */
static void check_living(const struct tree *tree, const char *folder, struct report *report)
{
    const char *name = strrchr(folder, '/') + 1;
    uid_t user = tree_user(tree);
    struct stat status;

    if (tree_stat(tree, &status, "%s", folder) == 0 && user != 0 && user != status.st_uid)
        finding_mend(report_add(report, LEVEL_ADVICE, "processes",
                                "the files of prefix %s are of user %u: user %u starts no "
                                "secondary process there",
                                name, status.st_uid, user),
                     "sudo -u '#%u' PROGRAM, and another --file-prefix for programs of your own",
                     status.st_uid);
    else
        report_add(report, LEVEL_GOOD, "processes",
                   "a program runs with prefix %s: the next needs another --file-prefix", name);
}

void check_prefixes(const struct tree *tree, struct report *report)
{
    struct locks locks;
    glob_t folders;
    size_t n = tree_glob(tree, &folders, PREFIXES);

    locks_read(tree, &locks);
    if (n == 0)
        report_add(report, LEVEL_GOOD, "processes", "no program of DPDK's runs, or has left files");
    for (size_t i = 0; i < n; i++) {
        const char *folder = tree_match(tree, &folders, i);

        if (is_alive(tree, &locks, folder))
            check_living(tree, folder, report);
        else
            finding_mend(report_add(report, LEVEL_ADVICE, "processes",
                                    "%s: no process has a file of it locked or a socket bound; "
                                    "one that died has left it",
                                    folder),
                         "rm -r %s", folder);
    }
    globfree(&folders);
    locks_free(&locks);
}

/* Files of pages in a hugetlbfs: "rtemap_0". A dead program's hold their pages until removed. */
static size_t count_dead(const struct tree *tree, const struct locks *locks, const char *mount)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "%s/*map_[0-9]*", mount), dead = 0;

    for (size_t i = 0; i < n; i++)
        dead += !locks_have(locks, tree, tree_match(tree, &files, i));
    globfree(&files);
    return dead;
}

void check_segments(const struct tree *tree, struct report *report)
{
    char *mounts = tree_file(tree, "/proc/mounts"), *rest = mounts, *line;
    struct locks locks;

    locks_read(tree, &locks);
    while ((line = strsep(&rest, "\n")) != NULL) {
        char path[PATH_MAX];
        size_t dead;

        if (sscanf(line, "%*s %4095s hugetlbfs ", path) != 1 || strstr(line, " hugetlbfs ") == NULL)
            continue;
        dead = count_dead(tree, &locks, path);
        if (dead > 0)
            finding_mend(report_add(report, LEVEL_ADVICE, "processes",
                                    "%zu files of huge pages in %s that no process has locked",
                                    dead, path),
                         "rm %s/*map_*, once no program of DPDK's runs", path);
    }
    free(mounts);
    locks_free(&locks);
}

void check_aslr(const struct tree *tree, struct report *report)
{
    int64_t level = 0;

    if (tree_number(tree, &level, "/proc/sys/kernel/randomize_va_space") == 0 && level > 0)
        finding_mend(report_add(report, LEVEL_ADVICE, "processes",
                                "addresses are random: a secondary process may not find its "
                                "primary's memory free"),
                     "setarch -R PROGRAM, for both; or --base-virtaddr=0x100000000 for the "
                     "primary");
    else
        report_add(report, LEVEL_GOOD, "processes",
                   "a secondary process has the addresses of its primary free");
}
