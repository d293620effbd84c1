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
#include <fcntl.h>
#include <lab_os.h>
#include <lab_os_text.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Version 1 writes the largest multiple of a page, and means that there is no limit. */
#define NO_LIMIT ((size_t)1 << 62)

/* Limits, and what has been used of them, by their names in version 1 and 2; a page's size stands
 * in the place of %s. Beyond memory.high nobody is killed, but each page is waited for, for ever
 * longer. Hugetlb pages are counted when they are touched, and (rsvd) when they are promised. */
static const struct limit {
    bool is_hugetlb;
    const char *most;
    const char *used;
} limits[] = {
    {false, "memory.limit_in_bytes", "memory.usage_in_bytes"},
    {false, "memory.max", "memory.current"},
    {false, "memory.high", "memory.current"},
    {true, "hugetlb.%s.limit_in_bytes", "hugetlb.%s.usage_in_bytes"},
    {true, "hugetlb.%s.rsvd.limit_in_bytes", "hugetlb.%s.rsvd.usage_in_bytes"},
    {true, "hugetlb.%s.max", "hugetlb.%s.current"},
    {true, "hugetlb.%s.rsvd.max", "hugetlb.%s.rsvd.current"},
};

/* A tree of groups as it is mounted somewhere. */
struct tree {
    bool is_version_2;
    char top[PATH_MAX];   /* the group that is seen at the mount point */
    char place[PATH_MAX]; /* the mount point; later the directory of a group */
};

_Static_assert(PATH_MAX == 4096, "the formats below say what fits");

/* A search under way. */
struct search {
    const char *proc;
    const char *controller; /* as version 1 names it */
    const char *page;       /* "2MB"; NULL: ordinary memory */
};

/* Files that are cached: the kernel drops those before it kills anybody. The groups below count,
 * for which version 1 has names of their own. */
static size_t cached(const struct tree *tree, int group)
{
    static const char *const words[2][2] = {{"\ntotal_active_file ", "\ntotal_inactive_file "},
                                            {"\nactive_file ", "\ninactive_file "}};
    size_t active = 0, inactive = 0;
    char text[8192];

    if (lab_os_read_text(group, "memory.stat", text, sizeof(text)) != 0)
        return 0;
    (void)lab_os_number_behind(text, words[tree->is_version_2][0], &active);
    (void)lab_os_number_behind(text, words[tree->is_version_2][1], &inactive);
    return active + inactive;
}

/* The memory that one limit of a group leaves. Where there is none, or none that can be read,
 * nothing changes. */
static void look_at_limit(const struct search *search, const struct tree *tree, int group,
                          const struct limit *limit, struct lab_os_room *room)
{
    char most_name[64], used_name[64];
    size_t most, used = 0, cache = 0;

    snprintf(most_name, sizeof(most_name), limit->most, search->page);
    snprintf(used_name, sizeof(used_name), limit->used, search->page);
    if (lab_os_read_number(group, most_name, &most) || most >= NO_LIMIT)
        return;
    if (lab_os_read_number(group, used_name, &used) == 0 && !limit->is_hugetlb)
        cache = cached(tree, group);
    used -= cache < used ? cache : used;
    most -= used < most ? used : most;
    if (most >= room->bytes)
        return;
    room->bytes = most;
    if ((size_t)snprintf(room->limit, sizeof(room->limit), "%s/%s", tree->place, most_name) >=
        sizeof(room->limit))
        snprintf(room->limit, sizeof(room->limit), "%s", most_name);
}

static void look_at_group(const struct search *search, const struct tree *tree,
                          struct lab_os_room *room)
{
    int group = open(tree->place, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (group < 0)
        return;
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
        if (limits[i].is_hugetlb == (search->page != NULL))
            look_at_limit(search, tree, group, &limits[i], room);
    close(group);
}

/* Whether a list "cpu,memory" has the word. */
static bool has_word(char *list, const char *word)
{
    return hasmntopt(&(struct mntent){.mnt_opts = list}, word) != NULL;
}

static FILE *open_list(const struct search *search, const char *name)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", search->proc, name);
    return fopen(path, "re");
}

/* The group of this process in such a tree, from lines "4:memory:/group", in version 2 "0::/group".
 */
static bool find_group(const struct search *search, bool is_version_2, char (*ret_group)[PATH_MAX])
{
    FILE *file = open_list(search, "cgroup");
    char line[PATH_MAX], controllers[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = is_version_2
                    ? sscanf(line, "0::%4095[^\n]", *ret_group) == 1
                    : sscanf(line, "%*u:%511[^:]:%4095[^\n]", controllers, *ret_group) == 2 &&
                          has_word(controllers, search->controller);
    if (file)
        fclose(file);
    return found;
}

/* A line "36 35 0:30 /top /place rw - cgroup cgroup rw,memory" of mountinfo, if it is of a tree
 * that may have the controller. Places with blanks, which are written as \040, are not looked at.
 */
static bool read_mount(const struct search *search, const char *line, struct tree *ret_tree)
{
    char type[16], options[512];
    const char *behind = strstr(line, " - ");

    if (!behind || sscanf(line, "%*s %*s %*s %4095s %4095s", ret_tree->top, ret_tree->place) != 2 ||
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
    FILE *mounts = open_list(&search, "mountinfo");
    struct tree tree;
    int err = -ENOENT;

    if (!mounts)
        return -errno;
    while (fgets(line, sizeof(line), mounts))
        if (read_mount(&search, line, &tree) && find_group(&search, tree.is_version_2, &group)) {
            look_at_tree(&search, &tree, group, &room);
            err = 0;
        }
    fclose(mounts);
    if (!err)
        *ret_room = room;
    return err;
}

int lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room)
{
    return lab_os_group_room_in("/proc/self", page_bytes, ret_room);
}
