/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Memory that processes share by name. It is a memfd, whose name the kernel shows in /proc to
 * processes of the same user; they open it from there. Nothing of it lies in a file system. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lab_os.h>
#include <limits.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008u
#endif

/* How /proc shows a memfd's name: between these. */
#define BEFORE "/memfd:"
#define BEHIND " (deleted)"

/* What no holder of it may do to the others: a shorter file would be a SIGBUS to them. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static unsigned huge_flags(size_t page_bytes)
{
    if (page_bytes == LAB_PAGE_1G)
        return MFD_HUGETLB | MFD_HUGE_1GB;
    return page_bytes == LAB_PAGE_2M ? MFD_HUGETLB | MFD_HUGE_2MB : 0;
}

/* The kernel kills who goes beyond, by SIGXFSZ. */
static bool is_beyond_limit(size_t bytes)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           bytes > limit.rlim_cur;
}

int lab_os_share_create(const char *name, size_t bytes, size_t page_bytes, int *ret_file)
{
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | huge_flags(page_bytes);
    int file;

    if (is_beyond_limit(bytes))
        return -EFBIG;
    file = memfd_create(name, flags | MFD_NOEXEC_SEAL);
    if (file < 0 && errno == EINVAL)
        file = memfd_create(name, flags);
    if (file < 0)
        return -errno;
    /* Sealed when it has its size: what is not sealed yet is not found. */
    if (ftruncate(file, (off_t)bytes) != 0 || fcntl(file, F_ADD_SEALS, SEALS) != 0) {
        int err = -errno;

        close(file);
        return err;
    }
    *ret_file = file;
    return 0;
}

/* The name of the memfd that a descriptor in an open /proc/PID/fd stands for. */
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

/* Whether what was opened is what was looked for, whole, and made by this user: a name says
 * nothing about who gave it, and root sees everybody's. */
static bool is_ours(int file, const struct lab_os_share_name *name)
{
    struct lab_os_share_name found;
    char descriptor[16];
    struct stat status;
    int self = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool same;

    snprintf(descriptor, sizeof(descriptor), "%d", file);
    same = self >= 0 && read_name(self, descriptor, &found) && strcmp(found.text, name->text) == 0;
    if (self >= 0)
        close(self);
    return same && (fcntl(file, F_GET_SEALS) & SEALS) == SEALS && fstat(file, &status) == 0 &&
           status.st_uid == geteuid();
}

/* Opens what one process, a directory of /proc, has of that name. */
static int open_from(const char *process, const char *prefix, struct lab_os_share_name *ret_name)
{
    char path[sizeof("/proc//fd") + NAME_MAX];
    struct dirent *entry;
    int file = -ENOENT;
    DIR *descriptors;

    snprintf(path, sizeof(path), "/proc/%s/fd", process);
    descriptors = opendir(path);
    if (descriptors == NULL)
        return -ENOENT; /* another user's, or it has ended */
    while (file < 0 && (entry = readdir(descriptors)) != NULL) {
        struct lab_os_share_name name;

        if (!read_name(dirfd(descriptors), entry->d_name, &name) ||
            strncmp(name.text, prefix, strlen(prefix)) != 0)
            continue;
        file = openat(dirfd(descriptors), entry->d_name, O_RDWR | O_CLOEXEC);
        if (file >= 0 && !is_ours(file, &name)) {
            close(file);
            file = -ENOENT;
        }
        if (file >= 0)
            *ret_name = name;
    }
    closedir(descriptors);
    return file;
}

int lab_os_share_open(const char *prefix, struct lab_os_share_name *ret_name, int *ret_pid,
                      int *ret_file)
{
    DIR *processes = opendir("/proc");
    int file, pid = getpid();
    struct dirent *entry;

    if (processes == NULL)
        return -errno;
    file = open_from("self", prefix, ret_name);
    while (file < 0 && (entry = readdir(processes)) != NULL) {
        pid = atoi(entry->d_name);
        if (pid > 0)
            file = open_from(entry->d_name, prefix, ret_name);
    }
    closedir(processes);
    if (file < 0)
        return -ENOENT;
    *ret_pid = pid;
    *ret_file = file;
    return 0;
}

int lab_os_share_close(const char *suffix)
{
    DIR *descriptors = opendir("/proc/self/fd");
    struct dirent *entry;
    int found = -ENOENT;

    if (descriptors == NULL)
        return -errno;
    while (found < 0 && (entry = readdir(descriptors)) != NULL) {
        struct lab_os_share_name name;
        size_t length;

        if (!read_name(dirfd(descriptors), entry->d_name, &name))
            continue;
        length = strlen(name.text);
        if (length >= strlen(suffix) && strcmp(name.text + length - strlen(suffix), suffix) == 0)
            found = atoi(entry->d_name);
    }
    closedir(descriptors);
    return found < 0 ? found : lab_os_close(found);
}

int lab_os_share_size(int file, size_t *ret_bytes, size_t *ret_page_bytes)
{
    struct stat status;

    if (fstat(file, &status) != 0)
        return -errno;
    *ret_bytes = (size_t)status.st_size;
    *ret_page_bytes = (size_t)status.st_blksize; /* hugetlbfs says its page's */
    return 0;
}

int lab_os_share_map(int file, void *address, size_t bytes)
{
    void *mapped = mmap(address, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);

    return mapped == MAP_FAILED ? -errno : 0;
}

int lab_os_reserve(void *address, size_t bytes)
{
    void *mapped = mmap(address, bytes, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (mapped == MAP_FAILED)
        return -errno;
    if (mapped == address)
        return 0;
    munmap(mapped, bytes); /* a kernel or an emulator that takes the address for advice */
    return -EEXIST;
}

int lab_os_lock(const char *name, int *ret_file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* a path that begins with 0: abstract */
    int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t length = strnlen(name, sizeof(address.sun_path) - 1);

    if (file < 0)
        return -errno;
    memcpy(address.sun_path + 1, name, length);
    if (bind(file, (const struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) != 0) {
        int err = errno == EADDRINUSE ? -EBUSY : -errno;

        close(file);
        return err;
    }
    *ret_file = file;
    return 0;
}

int lab_os_close(int file)
{
    return close(file) ? -errno : 0;
}
