/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Finding memory that processes share by name, through those that have it.
 *
 * A name says nothing of who gave it, and root sees the names of all. So whose a file is, of which
 * kind, and where its process lives is asked before it is opened, of a descriptor that stands for
 * it only (O_PATH): to open a file that a stranger has prepared could block, or break a lease on
 * it. A process that attaches is at the mercy of all that can write there. So only those count that
 * could do with it as they like anyhow, as the kernel sees it: of the same user, in the same user
 * namespace, with no fewer capabilities; and in the same PID namespace, or neither would know of
 * the other's end. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lab_os.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The caller, as a directory of /proc. Its first thread, whose "self" is, may have ended. */
#define HERE "thread-self"

/* How /proc shows a memfd's name: between these. */
#define BEFORE "/memfd:"
#define BEHIND " (deleted)"

struct search {
    const char *prefix;
    struct lab_os_share *share;
    bool have_mine;
    bool have_seen_mine;
    struct stat mine;
    int others;   /* 0; -EBUSY or -EAGAIN: others are being made, of which one goes before mine, or
                     none */
    int them_pid; /* who makes that one */
    int pid;      /* the process that is looked at */
    bool is_self;
    bool has_descriptors; /* it was seen to have some */
    int rc;               /* 0: go on, 1: it was found, or what keeps the caller from looking */
};

/* It has ended, has closed the file, or is another user's: all of these are nothing that was
 * looked for. Everything else keeps the caller from looking. */
static bool is_not_there(int err)
{
    return err == -ENOENT || err == -ESRCH || err == -EACCES || err == -EPERM;
}

/* The name of the memfd that a descriptor stands for, which is an entry of a /proc/PID/fd. */
static bool read_name(int directory, const char *descriptor, struct lab_os_share_name *ret_name)
{
    char link[sizeof(*ret_name) + sizeof(BEFORE) + sizeof(BEHIND)];
    ssize_t n = readlinkat(directory, descriptor, link, sizeof(link) - 1);
    size_t length = n > 0 ? (size_t)n : 0, around = strlen(BEFORE) + strlen(BEHIND);

    link[length] = '\0';
    if (length <= around || length - around >= sizeof(ret_name->text) ||
        strncmp(link, BEFORE, strlen(BEFORE)) != 0 ||
        strcmp(link + length - strlen(BEHIND), BEHIND) != 0)
        return false;
    memcpy(ret_name->text, link + strlen(BEFORE), length - around);
    ret_name->text[length - around] = '\0';
    return true;
}

static bool is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* The order of those that are being made: any that all agree upon. */
static bool is_before(const struct stat *one, const struct stat *other)
{
    return one->st_dev != other->st_dev ? one->st_dev < other->st_dev : one->st_ino < other->st_ino;
}

/* The process that has it */

/* 1 when the process is in that namespace of the caller's, 0 or -errno. `fd` is the directory of
 * its descriptors: by way of that, another process that has its id by now is not looked at. */
static int shares_namespace(int fd, const char *kind)
{
    char own[32], its[32];
    struct stat here, there;

    snprintf(own, sizeof(own), "/proc/" HERE "/ns/%s", kind);
    snprintf(its, sizeof(its), "../ns/%s", kind);
    if (stat(own, &here) != 0)
        return errno == ENOENT ? 1 : -errno; /* a kernel without such namespaces */
    if (fstatat(fd, its, &there, 0) != 0)
        return -errno;
    return is_same(&here, &there);
}

/* Line by line: a user of many groups has a long list of them before it. */
static int read_capabilities(int directory, const char *status, uint64_t *ret_permitted)
{
    int file = openat(directory, status, O_RDONLY | O_CLOEXEC), err = -ENOTSUP;
    FILE *lines = file >= 0 ? fdopen(file, "r") : NULL;
    char line[128];

    if (lines == NULL) {
        err = -errno;
        if (file >= 0)
            close(file);
        return err;
    }
    while (err != 0 && fgets(line, sizeof(line), lines) != NULL)
        err = sscanf(line, "CapPrm: %" SCNx64, ret_permitted) == 1 ? 0 : -ENOTSUP;
    if (err != 0 && ferror(lines))
        err = -errno; /* it has ended meanwhile */
    fclose(lines);
    return err;
}

static int has_all_rights(int fd)
{
    uint64_t mine, its;
    int err = read_capabilities(AT_FDCWD, "/proc/" HERE "/status", &mine);

    if (err == 0)
        err = read_capabilities(fd, "../status", &its);
    return err != 0 ? err : (mine & ~its) == 0;
}

/* These two return an enum lab_os_stranger, or -errno. */

static int judge_process(int fd)
{
    int rc = shares_namespace(fd, "pid");

    if (rc == 1)
        rc = shares_namespace(fd, "user");
    if (rc != 1)
        return rc < 0 ? rc : LAB_OS_OTHER_NAMESPACE;
    rc = has_all_rights(fd);
    return rc == 0 ? LAB_OS_FEWER_RIGHTS : rc < 0 ? rc : LAB_OS_NO_STRANGER;
}

static int judge_file(int place, const struct stat *status)
{
    struct statfs system;

    if (fstatfs(place, &system) != 0)
        return -errno;
    if (status->st_uid != geteuid())
        return LAB_OS_OTHER_USER;
    if (!S_ISREG(status->st_mode) || status->st_nlink != 0 ||
        ((uint64_t)system.f_type != TMPFS_MAGIC && (uint64_t)system.f_type != HUGETLBFS_MAGIC))
        return LAB_OS_OTHER_KIND;
    return LAB_OS_NO_STRANGER;
}

/* Another one is being made. */
static void note_other(struct search *search, const struct stat *status)
{
    bool goes_first = is_before(status, &search->mine);

    if (!goes_first && search->others != 0)
        return;
    search->others = goes_first ? -EBUSY : -EAGAIN;
    search->them_pid = search->pid;
}

/* Opens what is of the right kind and in the right hands. Returns 1, or 0 when it is not published,
 * or -errno. `path` is that of the caller's descriptor that stands for it. */
static int open_place(struct search *search, const char *path, const struct stat *status)
{
    int file = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK), seals;

    search->share->pid = search->pid;
    if (file < 0)
        return errno == EWOULDBLOCK ? -ETXTBSY : -errno;
    seals = fcntl(file, F_GET_SEALS); /* before it may be published */
    if (lab_os_share_number(file) != 0) {
        search->share->file = file;
        return 1;
    }
    close(file);
    if (seals >= 0 && (seals & F_SEAL_SEAL) == 0 && search->have_mine) /* not withdrawn */
        note_other(search, status);
    return 0;
}

static int look_at_place(struct search *search, int fd, int place, const char *path)
{
    struct stat status;
    int rc = fstat(place, &status) == 0 ? judge_file(place, &status) : -errno;

    if (rc >= 0 && search->have_mine && is_same(&status, &search->mine)) {
        search->have_seen_mine = true;
        return 0;
    }
    if (rc == LAB_OS_NO_STRANGER && !search->is_self)
        rc = judge_process(fd);
    if (rc < 0)
        return is_not_there(rc) ? 0 : rc;
    if (rc == LAB_OS_NO_STRANGER)
        return open_place(search, path, &status);
    search->share->stranger = (enum lab_os_stranger)rc;
    search->share->stranger_pid = search->pid;
    return 0;
}

static void look_at_descriptor(struct search *search, int fd, const char *descriptor)
{
    struct lab_os_share_name name, again;
    char path[48];
    int place;

    search->has_descriptors |= descriptor[0] != '.';
    if (!read_name(fd, descriptor, &name) ||
        strncmp(name.text, search->prefix, strlen(search->prefix)) != 0)
        return;
    place = openat(fd, descriptor, O_PATH | O_CLOEXEC);
    if (place < 0) {
        search->rc = is_not_there(-errno) ? 0 : -errno;
        return;
    }
    snprintf(path, sizeof(path), "/proc/" HERE "/fd/%d", place);
    /* It may be another file by now. */
    if (read_name(AT_FDCWD, path, &again) && strcmp(name.text, again.text) == 0)
        search->rc = look_at_place(search, fd, place, path);
    close(place);
    if (search->rc == 1)
        search->share->name = name;
}

/* Looking */

/* Goes through a directory until there is a result. Returns 0, or why it could not be read. */
static int look_at_each(struct search *search, const char *path,
                        void (*look)(struct search *search, int directory, const char *name))
{
    DIR *directory = opendir(path);
    struct dirent *entry;
    int err;

    if (directory == NULL)
        return -errno;
    for (errno = 0; search->rc == 0 && (entry = readdir(directory)) != NULL; errno = 0)
        look(search, dirfd(directory), entry->d_name);
    err = search->rc == 0 ? -errno : 0;
    closedir(directory);
    return err;
}

/* The same in a process, which may end meanwhile. */
static void look_into(struct search *search, const char *path,
                      void (*look)(struct search *search, int directory, const char *name))
{
    int err = look_at_each(search, path, look);

    if (search->rc == 0 && !is_not_there(err))
        search->rc = err;
}

static void look_at_thread(struct search *search, int all, const char *name)
{
    char path[48];

    if (search->has_descriptors || atoi(name) <= 0)
        return;
    snprintf(path, sizeof(path), "/proc/%d/task/%.16s/fd", search->pid, name);
    look_into(search, path, look_at_descriptor);
}

static void look_at_process(struct search *search, int all, const char *name)
{
    char path[32];

    search->is_self = strcmp(name, HERE) == 0;
    search->pid = search->is_self ? getpid() : atoi(name);
    search->has_descriptors = false;
    if (search->pid <= 0)
        return;
    snprintf(path, sizeof(path), "/proc/%.16s/fd", name);
    look_into(search, path, look_at_descriptor);
    if (search->has_descriptors || search->is_self)
        return;
    /* A process shows what its first thread has, and that may have ended. */
    snprintf(path, sizeof(path), "/proc/%.16s/task", name);
    look_into(search, path, look_at_thread);
}

int lab_os_share_find(const char *prefix, int mine, struct lab_os_share *ret_share)
{
    struct search search = {.prefix = prefix, .share = ret_share, .have_mine = mine >= 0};
    struct statfs system;
    int err = 0;

    *ret_share = (struct lab_os_share){.file = -1};
    if (mine >= 0 && fstat(mine, &search.mine) != 0)
        return -errno;
    if (statfs("/proc", &system) != 0 || (uint64_t)system.f_type != PROC_SUPER_MAGIC ||
        access("/proc/" HERE "/fd", F_OK) != 0)
        return -ENOTSUP;
    look_at_process(&search, AT_FDCWD, HERE);
    if (search.rc == 0)
        err = look_at_each(&search, "/proc", look_at_process);
    if (search.rc != 0)
        err = search.rc;
    if (err != 0)
        return err < 0 ? err : 0;
    if (search.have_mine && !search.have_seen_mine)
        return -ENOTSUP; /* a caller that is not shown its own has not been shown others' */
    ret_share->pid = search.them_pid;
    return search.others != 0 ? search.others : -ENOENT;
}
