/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How much memory the control groups of this process leave it. The kernel kills a process that goes
 * beyond, or slows it down until it seems to stand still, so it has to be known before.
 *
 * A group is a directory. Version 1 has a tree of them for each controller, version 2 one for all;
 * /proc/self/cgroup names the group in each tree, /proc/self/mountinfo says where trees are
 * mounted, and which group is at the top of what is seen there. All groups above count, too. */

#include <errno.h>
#include <lab_os.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Version 1 writes the largest multiple of a page, and means that there is no limit. */
#define NO_LIMIT ((size_t)1 << 62)

/* A limit, and what has been used of it. A page's size stands in the place of %s. */
struct limit {
    const char *most;
    const char *used;
};

/* Memory, then hugetlb pages: when they are touched, and when they are promised. */
static const struct limit version_1[] = {
    {"memory.limit_in_bytes", "memory.usage_in_bytes"},
    {"hugetlb.%s.limit_in_bytes", "hugetlb.%s.usage_in_bytes"},
    {"hugetlb.%s.rsvd.limit_in_bytes", "hugetlb.%s.rsvd.usage_in_bytes"},
};
static const struct limit version_2[] = {
    {"memory.max", "memory.current"},
    {"hugetlb.%s.max", "hugetlb.%s.current"},
    {"hugetlb.%s.rsvd.max", "hugetlb.%s.rsvd.current"},
};

/* Beyond it nobody is killed, but each page is waited for, for ever longer. */
static const struct limit high_2 = {"memory.high", "memory.current"};

/* A tree of groups as it is mounted somewhere. */
struct tree {
    bool is_version_2;
    char top[PATH_MAX];   /* the group that is seen at the mount point */
    char place[PATH_MAX]; /* the mount point; later the directory of a group */
};

/* A search under way. */
struct search {
    const char *proc;
    const char *controller; /* as version 1 names it */
    const char *page;       /* "2MB"; NULL: ordinary memory */
};

static int open_file(const char *directory, const char *name, FILE **ret_file)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%s", directory, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return -ENAMETOOLONG;
    *ret_file = fopen(path, "re");
    return *ret_file ? 0 : -errno;
}

/* -ERANGE: "max". */
static int read_bytes(const char *directory, const char *name, size_t *ret_bytes)
{
    FILE *file;
    int err = open_file(directory, name, &file);

    if (err)
        return err;
    err = fscanf(file, "%zu", ret_bytes) == 1 ? 0 : -ERANGE;
    fclose(file);
    return err;
}

/* Files that are cached: the kernel drops those before it kills anybody. The groups below count,
 * for which version 1 has names of their own. */
static size_t cached(const struct tree *tree)
{
    const char *names[] = {"inactive_file ", "active_file "};
    const char *prefix = tree->is_version_2 ? "" : "total_";
    char line[128];
    size_t sum = 0;
    FILE *file;

    if (open_file(tree->place, "memory.stat", &file))
        return 0;
    while (fgets(line, sizeof(line), file)) {
        for (unsigned i = 0; i < 2; i++) {
            char name[32];
            size_t bytes;

            snprintf(name, sizeof(name), "%s%s", prefix, names[i]);
            if (strncmp(line, name, strlen(name)) == 0 &&
                sscanf(line + strlen(name), "%zu", &bytes) == 1)
                sum += bytes;
        }
    }
    fclose(file);
    return sum;
}

/* The memory that one limit of a group leaves. Where there is none, or none that can be read,
 * nothing changes.
 */
static void look_at_limit(const struct search *search, const struct tree *tree,
                          const struct limit *limit, struct lab_os_room *room)
{
    char most_name[64], used_name[64];
    size_t most, used = 0, left;

    snprintf(most_name, sizeof(most_name), limit->most, search->page);
    snprintf(used_name, sizeof(used_name), limit->used, search->page);
    if (read_bytes(tree->place, most_name, &most) || most >= NO_LIMIT)
        return;
    if (read_bytes(tree->place, used_name, &used) == 0 && !search->page) {
        size_t cache = cached(tree);

        used -= cache < used ? cache : used;
    }
    left = most > used ? most - used : 0;
    if (left >= room->bytes)
        return;
    room->bytes = left;
    snprintf(room->limit, sizeof(room->limit), "%.*s/%.63s", (int)sizeof(room->limit) - 66,
             tree->place, most_name);
    if (strlen(tree->place) > sizeof(room->limit) - 66)
        snprintf(room->limit, sizeof(room->limit), "%s", most_name);
}

static void look_at_group(const struct search *search, const struct tree *tree,
                          struct lab_os_room *room)
{
    const struct limit *limits = tree->is_version_2 ? version_2 : version_1;

    if (!search->page) {
        look_at_limit(search, tree, &limits[0], room);
        if (tree->is_version_2)
            look_at_limit(search, tree, &high_2, room);
        return;
    }
    look_at_limit(search, tree, &limits[1], room);
    look_at_limit(search, tree, &limits[2], room);
}

/* Whether a list "cpu,memory" has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
        if (strncmp(list, word, length) == 0 && strchr(",\n", list[length]))
            return true;
    return false;
}

/* The group of this process in such a tree, from lines "4:memory:/group", in version 2 "0::/group".
 */
static int find_group(const struct search *search, bool is_version_2, char (*ret_group)[PATH_MAX])
{
    char line[PATH_MAX];
    FILE *file;
    int err = open_file(search->proc, "cgroup", &file);

    if (err)
        return err;
    err = -ENOENT;
    while (err && fgets(line, sizeof(line), file)) {
        char *controllers = strchr(line, ':'), *group;

        if (!controllers || !(group = strchr(controllers + 1, ':')))
            continue;
        *controllers++ = *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        if (is_version_2 ? strcmp(line, "0") != 0 || controllers[0] != '\0'
                         : !has_word(controllers, search->controller))
            continue;
        snprintf(*ret_group, sizeof(*ret_group), "%s", group);
        err = 0;
    }
    fclose(file);
    return err;
}

/* A line "36 35 0:30 /top /place rw - cgroup cgroup rw,memory" of mountinfo, if it is of a tree
 * that may have the controller. Places with blanks, which are written as \040, are not looked at.
 */
static bool read_mount(const struct search *search, const char *line, struct tree *ret_tree)
{
    char format[64], type[16], options[512];
    const char *behind = strstr(line, " - ");

    snprintf(format, sizeof(format), "%%*s %%*s %%*s %%%ds %%%ds", PATH_MAX - 1, PATH_MAX - 1);
    if (!behind || sscanf(line, format, ret_tree->top, ret_tree->place) != 2 ||
        sscanf(behind, " - %15s %*s %511s", type, options) != 2)
        return false;
    ret_tree->is_version_2 = strcmp(type, "cgroup2") == 0;
    return ret_tree->is_version_2 ||
           (strcmp(type, "cgroup") == 0 && has_word(options, search->controller));
}

/* The group, and all above it that are seen there. Of a group that is not below what is mounted (it
 * is another namespace's name for it), the top alone is known. */
static void look_at_tree(const struct search *search, struct tree *tree, const char *group,
                         struct lab_os_room *room)
{
    const char *top = strcmp(tree->top, "/") == 0 ? "" : tree->top;
    size_t length = strlen(top), at_top = strlen(tree->place);

    if (strncmp(group, top, length) == 0 && (group[length] == '/' || group[length] == '\0') &&
        strcmp(group + length, "/") != 0)
        snprintf(tree->place + at_top, sizeof(tree->place) - at_top, "%s", group + length);
    look_at_group(search, tree, room);
    while (strlen(tree->place) > at_top) {
        *strrchr(tree->place, '/') = '\0';
        look_at_group(search, tree, room);
    }
}

int lab_os_group_room_in(const char *proc, size_t page_bytes, struct lab_os_room *ret_room)
{
    const struct search search = {
        .proc = proc,
        .controller = page_bytes ? "hugetlb" : "memory",
        .page = page_bytes == LAB_PAGE_1G ? "1GB"
                : page_bytes              ? "2MB"
                                          : NULL,
    };
    struct lab_os_room room = {.bytes = SIZE_MAX};
    char line[2 * PATH_MAX], group[PATH_MAX];
    struct tree tree;
    FILE *mounts;
    int err = open_file(proc, "mountinfo", &mounts), known = -ENOENT;

    if (err)
        return err;
    while (fgets(line, sizeof(line), mounts)) {
        if (!read_mount(&search, line, &tree) ||
            find_group(&search, tree.is_version_2, &group) != 0)
            continue;
        look_at_tree(&search, &tree, group, &room);
        known = 0;
    }
    fclose(mounts);
    if (!known)
        *ret_room = room;
    return known;
}

int lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room)
{
    return lab_os_group_room_in("/proc/self", page_bytes, ret_room);
}
