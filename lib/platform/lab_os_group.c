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

/* A search under way, and the tree of groups that it looks at, as it is mounted somewhere. */
struct search {
    const char *proc;
    const char *controller; /* as version 1 names it */
    const char *page;       /* "2MB"; NULL: ordinary memory */
    struct lab_os_room room;
    bool is_version_2;
    char top[PATH_MAX];   /* the group that is seen at the mount point */
    char place[PATH_MAX]; /* the mount point; later the directory of a group */
};

_Static_assert(PATH_MAX == 4096, "the formats below say what fits");

/* A file of the group that is looked at. The group is not opened: few descriptors may be left. */
static const char *path_in(const struct search *search, const char *name,
                           char (*path)[PATH_MAX + 64])
{
    snprintf(*path, sizeof(*path), "%s/%s", search->place, name);
    return *path;
}

/* Files that are cached: the kernel drops those before it kills anybody. The groups below count,
 * for which version 1 has names of their own. */
static size_t cached(const struct search *search)
{
    static const char *const words[2][2] = {{"\ntotal_active_file ", "\ntotal_inactive_file "},
                                            {"\nactive_file ", "\ninactive_file "}};
    size_t active = 0, inactive = 0;
    char text[8192], path[PATH_MAX + 64];

    if (lab_os_read_text(AT_FDCWD, path_in(search, "memory.stat", &path), text, sizeof(text)) != 0)
        return 0;
    (void)lab_os_number_behind(text, words[search->is_version_2][0], &active);
    (void)lab_os_number_behind(text, words[search->is_version_2][1], &inactive);
    return active + inactive;
}

/* The memory that one limit of a group leaves. Where there is none, or none that can be read,
 * nothing changes. */
static void look_at_limit(struct search *search, const struct limit *limit)
{
    struct lab_os_room *room = &search->room;
    char most_name[64], used_name[64], path[PATH_MAX + 64];
    size_t most, used = 0, cache = 0;

    snprintf(most_name, sizeof(most_name), limit->most, search->page);
    snprintf(used_name, sizeof(used_name), limit->used, search->page);
    if (lab_os_read_number(AT_FDCWD, path_in(search, most_name, &path), &most) || most >= NO_LIMIT)
        return;
    if (lab_os_read_number(AT_FDCWD, path_in(search, used_name, &path), &used) == 0 &&
        !limit->is_hugetlb)
        cache = cached(search);
    used -= cache < used ? cache : used;
    most -= used < most ? used : most;
    if (most >= room->bytes)
        return;
    room->bytes = most;
    if ((size_t)snprintf(room->limit, sizeof(room->limit), "%s/%s", search->place, most_name) >=
        sizeof(room->limit))
        snprintf(room->limit, sizeof(room->limit), "%s", most_name);
}

static void look_at_group(struct search *search)
{
    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
        if (limits[i].is_hugetlb == (search->page != NULL))
            look_at_limit(search, &limits[i]);
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
static bool find_group(const struct search *search, char (*ret_group)[PATH_MAX])
{
    FILE *file = open_list(search, "cgroup");
    char line[PATH_MAX], controllers[512];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = search->is_version_2
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
static bool read_mount(struct search *search, const char *line)
{
    char type[16], options[512];
    const char *behind = strstr(line, " - ");

    if (!behind || sscanf(line, "%*s %*s %*s %4095s %4095s", search->top, search->place) != 2 ||
        sscanf(behind, " - %15s %*s %511s", type, options) != 2)
        return false;
    search->is_version_2 = strcmp(type, "cgroup2") == 0;
    return search->is_version_2 ||
           (strcmp(type, "cgroup") == 0 && has_word(options, search->controller));
}

/* The group, and all above it that are seen there. Of a group that is not below what is mounted (it
 * is another namespace's name for it), the top alone is known. */
static void look_at_tree(struct search *search, const char *group)
{
    const char *top = strcmp(search->top, "/") == 0 ? "" : search->top;
    size_t length = strlen(top), at_top = strlen(search->place);

    if (strncmp(group, top, length) == 0 && (group[length] == '/' || group[length] == '\0') &&
        strcmp(group + length, "/") != 0)
        snprintf(search->place + at_top, sizeof(search->place) - at_top, "%s", group + length);
    look_at_group(search);
    while (strlen(search->place) > at_top) {
        *strrchr(search->place, '/') = '\0';
        look_at_group(search);
    }
}

int lab_os_group_room_in(const char *proc, size_t page_bytes, struct lab_os_room *ret_room)
{
    struct search search = {
        .proc = proc,
        .controller = page_bytes ? "hugetlb" : "memory",
        .page = page_bytes == LAB_PAGE_1G ? "1GB"
                : page_bytes              ? "2MB"
                                          : NULL,
        .room = {.bytes = SIZE_MAX},
    };
    FILE *mounts = open_list(&search, "mountinfo");
    char line[2 * PATH_MAX], group[PATH_MAX];
    int err = -ENOENT;

    if (!mounts)
        return -errno;
    while (fgets(line, sizeof(line), mounts))
        if (read_mount(&search, line) && find_group(&search, &group)) {
            look_at_tree(&search, group);
            err = 0;
        }
    fclose(mounts);
    if (!err)
        *ret_room = search.room;
    return err;
}

int lab_os_group_room(size_t page_bytes, struct lab_os_room *ret_room)
{
    return lab_os_group_room_in("/proc/self", page_bytes, ret_room);
}
