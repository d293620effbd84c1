/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Memory and huge pages that the control groups of this process leave it. A container or a service
 * is in some; a page beyond a limit of huge pages is a bus error, and memory beyond one ends the
 * process. */

#include "check.h"
#include "quote.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS "/sys/fs/cgroup"
#define NO_LIMIT (INT64_MAX / 2)    /* version 1 writes a number near the largest for none */
#define ENOUGH_BYTES (1024ll << 20) /* what a testpmd takes of huge pages, twice */

/* A kind of limit: its controller, and the names of its files without their controller's. */
struct limit_kind {
    const char *controller;
    const char *what;
    const char *current2, *limit2; /* in the hierarchy of version 2 */
    const char *current1, *limit1; /* in the controller's own of version 1; NULL: it has none */
};

static const struct limit_kind kinds[] = {
    {"memory", "memory", "memory.current", "memory.max", "memory.usage_in_bytes",
     "memory.limit_in_bytes"},
    {"memory", "memory before it is throttled", "memory.current", "memory.high", NULL, NULL},
    {"hugetlb", "huge pages of 2 MiB", "hugetlb.2MB.current", "hugetlb.2MB.max",
     "hugetlb.2MB.usage_in_bytes", "hugetlb.2MB.limit_in_bytes"},
    {"hugetlb", "huge pages of 1 GiB", "hugetlb.1GB.current", "hugetlb.1GB.max",
     "hugetlb.1GB.usage_in_bytes", "hugetlb.1GB.limit_in_bytes"},
};

struct limit {
    char file[PATH_MAX];
    int64_t left; /* bytes; NO_LIMIT and more: as many as there are */
    int64_t most;
    int error; /* 0, or why something could not be looked at */
};

/* "max" is no number. 0 or -errno. */
static int read_limit(const struct tree *tree, const char *path, int64_t *ret_most)
{
    char line[64];
    int rc = tree_line(tree, line, sizeof(line), "%s", path);

    if (rc != 0)
        return rc;
    *ret_most = INT64_MAX;
    if (strcmp(line, "max") != 0)
        *ret_most = strtoll(line, NULL, 10);
    return 0;
}

/* Of one group, and of none where the controller is not in use there. */
static void look_at_group(const struct tree *tree, const char *group, const char *limit_name,
                          const char *current_name, struct limit *limit)
{
    char path[PATH_MAX];
    int64_t most, current = 0;
    int rc;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", group, limit_name) >= sizeof(path))
        return;
    rc = read_limit(tree, path, &most);
    if (rc == 0 && most < NO_LIMIT)
        rc = tree_number(tree, &current, "%s/%s", group, current_name);
    if (rc == -ENOENT)
        return;
    if (rc != 0) {
        limit->error = rc;
        snprintf(limit->file, sizeof(limit->file), "%s", path);
    } else if (most < NO_LIMIT && most - current < limit->left) {
        limit->left = most - current;
        limit->most = most;
        snprintf(limit->file, sizeof(limit->file), "%s", path);
    }
}

/* The group and all above it, whose limits hold for it as well. */
static void look_upwards(const struct tree *tree, const char *hierarchy, const char *group,
                         const char *limit_name, const char *current_name, struct limit *limit)
{
    char path[PATH_MAX];
    char *slash;

    if ((size_t)snprintf(path, sizeof(path), "%s%s", hierarchy, group) >= sizeof(path))
        return;
    for (;;) {
        look_at_group(tree, path, limit_name, current_name, limit);
        slash = strrchr(path, '/');
        if (slash == NULL || (size_t)(slash - path) < strlen(hierarchy))
            break;
        *slash = '\0';
    }
}

/* Whether a line's list of controllers, with commas between them, has this one. */
static bool has_controller(const char *list, const char *controller)
{
    size_t length = strlen(controller);

    for (const char *at = strstr(list, controller); at != NULL; at = strstr(at + 1, controller)) {
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* By a hierarchy, if it is there to be looked at. */
static bool look_into(const struct tree *tree, const char *hierarchy, const char *sign,
                      const char *group, const char *limit_name, const char *current_name,
                      struct limit *limit)
{
    struct stat place;

    if (tree_stat(tree, &place, "%s%s", hierarchy, sign) != 0)
        return false;
    if (limit_name != NULL)
        look_upwards(tree, hierarchy, group, limit_name, current_name, limit);
    return true;
}

static struct limit find_limit(const struct tree *tree, const char *groups,
                               const struct limit_kind *kind)
{
    static const char sign[] = "/cgroup.controllers";
    struct limit limit = {.file = GROUPS, .left = INT64_MAX};
    char *copy = strdup(groups), *rest = copy, *line;
    char hierarchy[128], list[128], group[PATH_MAX];
    bool seen = false;

    while (copy != NULL && (line = strsep(&rest, "\n")) != NULL) {
        if (sscanf(line, "0::%4095s", group) == 1) {
            seen |= look_into(tree, GROUPS, sign, group, kind->limit2, kind->current2, &limit) ||
                    look_into(tree, GROUPS "/unified", sign, group, kind->limit2, kind->current2,
                              &limit);
        } else if (sscanf(line, "%*d:%127[^:]:%4095s", list, group) == 2 &&
                   has_controller(list, kind->controller)) {
            snprintf(hierarchy, sizeof(hierarchy), GROUPS "/%s", kind->controller);
            seen |= look_into(tree, hierarchy, "", group, kind->limit1, kind->current1, &limit);
        }
    }
    free(copy);
    if (!seen)
        limit.error = -ENOENT;
    return limit;
}

static void report_limit(const struct limit_kind *kind, const struct limit *limit,
                         struct report *report)
{
    bool is_empty = limit->left < 2 << 20;
    struct finding *finding;
    int64_t more = limit->most + ENOUGH_BYTES;

    if (limit->left >= ENOUGH_BYTES) {
        report_add(report, LEVEL_GOOD, "groups", "%s: %" PRId64 " MiB left of %" PRId64 " MiB (%s)",
                   kind->what, limit->left >> 20, limit->most >> 20, limit->file);
        return;
    }
    finding = report_add(report, is_empty ? LEVEL_BAD : LEVEL_ADVICE, "groups",
                         "%s: a control group leaves %" PRId64 " MiB of %" PRId64 " MiB",
                         kind->what, (limit->left < 0 ? 0 : limit->left) >> 20, limit->most >> 20);
    finding_fix(finding, "echo %" PRId64 " > %s (as root, outside of a container)", more,
                quote(limit->file));
}

void check_groups(const struct tree *tree, struct report *report)
{
    static const char path[] = "/proc/self/cgroup";
    char *groups = tree_file(tree, path);
    bool limited = false;

    if (groups == NULL) {
        report_unknown(report, "groups", path, errno);
        return;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct limit limit = find_limit(tree, groups, &kinds[i]);

        limited = limited || limit.error != 0 || limit.left < NO_LIMIT;
        if (limit.error != 0)
            report_unknown(report, "groups", limit.file, limit.error);
        else if (limit.left < NO_LIMIT)
            report_limit(&kinds[i], &limit, report);
        if (limit.error == -ENOENT)
            break; /* it is so of all */
    }
    if (!limited)
        report_add(report, LEVEL_GOOD, "groups", "no limit on memory or huge pages");
    free(groups);
}
