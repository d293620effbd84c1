/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The objects that DPDK's processes leave to each other, and to us when they die. */

#include "check.h"
#include "locks.h"
#include "quote.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the EAL has its directories: /var/run is /run, as a socket's path has it or not. */
#define PREFIXES "{/var/run,/run/user/*,/tmp}/dpdk/*"

/* Of a process of a container, /proc shows its number here, and last the one that it has there:
 * "NSpid:	4711	7". */
static bool is_in_container(const struct tree *tree, const char *number)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, "", "/proc/[1-9]*/status");
    bool found = false;

    for (size_t i = 0; i < n && !found; i++) {
        char *text = tree_file(tree, tree_match(tree, &files, i)), *rest, *word;

        if (text == NULL)
            continue;
        rest = strstr(text, "\nNSpid:");
        if (rest != NULL) {
            rest[1 + strcspn(rest + 1, "\n")] = '\0';
            for (rest += strlen("\nNSpid:"); (word = strsep(&rest, "\t ")) != NULL;)
                found |= strcmp(word, number) == 0;
        }
        free(text);
    }
    globfree(&files);
    return found;
}

static enum life process_life(const struct tree *tree, const struct locks *locks,
                              const char *number)
{
    struct stat status;
    pid_t pid = (pid_t)strtol(number, NULL, 10);

    if (tree_stat(tree, &status, "/proc/%s", number) == 0)
        return LIFE_ALIVE;
    /* A /proc need not show what is another user's. */
    if (tree->root[0] == '\0' && pid > 0 && (kill(pid, 0) == 0 || errno == EPERM))
        return LIFE_ALIVE;
    /* The number may be of another namespace. */
    return locks->has_own || is_in_container(tree, number) ? LIFE_UNKNOWN : LIFE_DEAD;
}

/* Our own tools keep nothing there that could be locked: their process's number is in the name. */
static bool is_tool(const char *folder, const char **ret_number)
{
    const char *name = strrchr(folder, '/') + 1, *dash = strrchr(name, '-');

    if (dash == NULL || strncmp(name, "labyrinth-", 10) != 0 || dash[1] == '\0' ||
        dash[1 + strspn(dash + 1, "0123456789")] != '\0')
        return false;
    *ret_number = dash + 1;
    return true;
}

/* By its files: one that is alive is enough. Nothing can be known where there is none. */
static enum life files_life(const struct tree *tree, const struct locks *locks, const char *folder)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, folder, "/*");
    enum life life = n == 0 || tree_glob_error() != 0 ? LIFE_UNKNOWN : LIFE_DEAD;

    for (size_t i = 0; i < n && life != LIFE_ALIVE; i++) {
        enum life file = locks_life(locks, tree, tree_match(tree, &files, i));

        if (file != LIFE_DEAD)
            life = file;
    }
    globfree(&files);
    return life;
}

static enum life prefix_life(const struct tree *tree, const struct locks *locks, const char *folder)
{
    const char *number;

    return is_tool(folder, &number) ? process_life(tree, locks, number)
                                    : files_life(tree, locks, folder);
}

/* A secondary opens its primary's files, and only their owner may. */
static void check_living(const struct tree *tree, const char *folder, struct report *report)
{
    const char *name = strrchr(folder, '/') + 1;
    uid_t user = tree_user(tree);
    struct stat status;

    if (tree_stat(tree, &status, "%s", folder) == 0 && user != 0 && user != status.st_uid)
        finding_fix(report_add(report, LEVEL_ADVICE, "processes",
                               "the files of prefix %s are of user %u: user %u starts no "
                               "secondary process there",
                               name, status.st_uid, user),
                    "sudo -u '#%u' PROGRAM, and another --file-prefix for programs of your own",
                    status.st_uid);
    else
        report_add(report, LEVEL_GOOD, "processes",
                   "a program runs with prefix %s: the next needs another --file-prefix", name);
}

/* In /tmp anybody may make a folder, or a link. */
static bool is_of_dpdk(const struct tree *tree, const char *folder)
{
    char above[PATH_MAX];

    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(folder, '/') - folder), folder);
    return tree_is_folder(tree, folder) && tree_is_folder(tree, above);
}

static void check_prefix(const struct tree *tree, const struct locks *locks, const char *folder,
                         struct report *report)
{
    if (!is_of_dpdk(tree, folder)) {
        report_add(report, LEVEL_ADVICE, "processes", "%s: DPDK makes folders here, and no links",
                   folder);
        return;
    }
    switch (prefix_life(tree, locks, folder)) {
    case LIFE_ALIVE:
        check_living(tree, folder, report);
        break;
    case LIFE_DEAD:
        finding_fix(report_add(report, LEVEL_ADVICE, "processes",
                               "%s: no process has a file of it locked or a socket bound; "
                               "one that died has left it",
                               folder),
                    "rm -r %s", quote(folder));
        break;
    case LIFE_UNKNOWN:
        report_add(report, LEVEL_ADVICE, "processes",
                   "not known: whether a program has %s: no file there can be asked", folder);
        break;
    }
}

void check_prefixes(const struct tree *tree, struct report *report)
{
    struct locks locks;
    glob_t folders;
    size_t n = tree_glob(tree, &folders, "", PREFIXES);
    int error = tree_glob_error();

    locks_read(tree, &locks);
    for (size_t i = 0; i < n; i++)
        check_prefix(tree, &locks, tree_match(tree, &folders, i), report);
    if (error != 0)
        report_unknown(report, "processes", "whether programs of other users run", error);
    else if (n == 0)
        report_add(report, LEVEL_GOOD, "processes",
                   "no program of DPDK's runs where those are looked for, or has left files");
    globfree(&folders);
    locks_free(&locks);
}

/* Files of pages in a hugetlbfs: "rtemap_0". A dead program's hold their pages until removed. */
static void check_mount(const struct tree *tree, const struct locks *locks, const char *mount,
                        struct report *report)
{
    glob_t files;
    size_t n = tree_glob(tree, &files, mount, "/*map_[0-9]*"), dead = 0, unknown = 0;

    if (tree_glob_error() != 0)
        report_unknown(report, "processes", mount, tree_glob_error());
    for (size_t i = 0; i < n; i++) {
        enum life life = locks_life(locks, tree, tree_match(tree, &files, i));

        dead += life == LIFE_DEAD;
        unknown += life == LIFE_UNKNOWN;
    }
    globfree(&files);
    if (unknown > 0)
        report_add(report, LEVEL_ADVICE, "processes",
                   "not known: whether somebody has %zu files of huge pages in %s", unknown, mount);
    if (dead > 0)
        finding_fix(report_add(report, LEVEL_ADVICE, "processes",
                               "%zu files of huge pages in %s that no process has locked", dead,
                               mount),
                    "rm %s/*map_*, once no program of DPDK's runs", quote(mount));
}

void check_segments(const struct tree *tree, struct report *report)
{
    char *mounts = tree_file(tree, "/proc/mounts"), *rest = mounts, *line;
    struct locks locks;

    if (mounts == NULL) {
        report_unknown(report, "processes", "/proc/mounts", errno);
        return;
    }
    locks_read(tree, &locks);
    while ((line = strsep(&rest, "\n")) != NULL) {
        char path[PATH_MAX];

        if (sscanf(line, "%*s %4095s hugetlbfs ", path) != 1 || strstr(line, " hugetlbfs ") == NULL)
            continue;
        tree_decode_mount(path);
        check_mount(tree, &locks, path, report);
    }
    free(mounts);
    locks_free(&locks);
}

void check_aslr(const struct tree *tree, struct report *report)
{
    static const char path[] = "/proc/sys/kernel/randomize_va_space";
    int64_t level = 0;
    int rc = tree_number(tree, &level, "%s", path);

    if (rc != 0)
        report_unknown(report, "processes", path, rc);
    else if (level > 0)
        finding_fix(report_add(report, LEVEL_ADVICE, "processes",
                               "addresses are random: a secondary process may not find its "
                               "primary's memory free"),
                    "setarch -R PROGRAM, for both; or --base-virtaddr=0x100000000 for the "
                    "primary");
    else
        report_add(report, LEVEL_GOOD, "processes",
                   "a secondary process has the addresses of its primary free");
}
