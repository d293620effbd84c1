/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "place.h"

#include "message.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SOCKET_NAME "dpdk_telemetry.v2"

/* Where the EAL of a process of this user puts its directories. */
static const char *runtime_directory(void)
{
    const char *service = getenv("RUNTIME_DIRECTORY"), *session = getenv("XDG_RUNTIME_DIR");

    if (service != NULL && service[0] != '\0')
        return service;
    if (getuid() == 0)
        return "/var/run";
    return session != NULL && session[0] != '\0' ? session : "/tmp";
}

/* Further processes with the same prefix, which --in-memory allows, are numbered. */
static int write_path(const struct place *place, char *path, size_t capacity)
{
    int n;

    if (place->socket != NULL)
        n = snprintf(path, capacity, "%s", place->socket);
    else if (place->instance == 0)
        n = snprintf(path, capacity, "%s/dpdk/%s/" SOCKET_NAME, runtime_directory(), place->prefix);
    else
        n = snprintf(path, capacity, "%s/dpdk/%s/" SOCKET_NAME ":%u", runtime_directory(),
                     place->prefix, place->instance);
    return n < 0 || (size_t)n >= capacity ? -ENAMETOOLONG : 0;
}

/* With a process that takes no connections, which is one that is stopped, -EAGAIN: the kernel has a
 * connection wait for as long as a message may. */
static int try_path(const struct sockaddr_un *address, int patience_s)
{
    const struct timeval patience = {.tv_sec = patience_s};
    int fd =
        socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (patience_s > 0 ? 0 : SOCK_NONBLOCK), 0);
    int rc;

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    rc = -errno;
    close(fd);
    return rc;
}

static int try_place(const struct place *place, int patience_s, struct sockaddr_un *ret_address)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (write_path(place, ret_address->sun_path, sizeof(ret_address->sun_path)) != 0)
        return -ENAMETOOLONG;
    return try_path(ret_address, patience_s);
}

/* The prefixes of processes that are there, with commas between them. */
static void list_prefixes(char *list, size_t capacity)
{
    char path[PATH_MAX];
    size_t used = 0;
    struct dirent *entry;
    DIR *directory;

    list[0] = '\0';
    snprintf(path, sizeof(path), "%s/dpdk", runtime_directory());
    directory = opendir(path);
    if (directory == NULL)
        return;
    while ((entry = readdir(directory)) != NULL && used < capacity) {
        const struct place place = {.prefix = entry->d_name};
        struct sockaddr_un address;
        int fd = entry->d_name[0] == '.' ? -ENOENT : try_place(&place, 0, &address);

        if (fd < 0 && fd != -EAGAIN)
            continue;
        if (fd >= 0)
            close(fd);
        used += (size_t)snprintf(list + used, capacity - used, "%s%s", used == 0 ? "" : ", ",
                                 entry->d_name);
    }
    closedir(directory);
}

/* The process that is the primary of a prefix, as long as it locks its configuration; 0: none is
 * known. With --in-memory there is no such file. */
static pid_t find_primary(const char *prefix)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_MAX];
    int file, rc;

    snprintf(path, sizeof(path), "%s/dpdk/%s/config", runtime_directory(), prefix);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    rc = fcntl(file, F_GETLK, &lock);
    close(file);
    return rc == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0 ? lock.l_pid : 0;
}

static void complain_absent(const struct place *place, const char *path)
{
    const char *root = getuid() == 0 ? "" : "; processes of root can be asked by root alone: sudo";
    char list[256];
    pid_t primary;

    if (place->socket == NULL && (primary = find_primary(place->prefix)) != 0) {
        complain("process %d with --file-prefix=%s runs, and has no telemetry (no %s): it is "
                 "still starting, or was started with --no-telemetry, and cannot be asked",
                 (int)primary, place->prefix, path);
        return;
    }
    if (place->socket != NULL) {
        complain("there is no socket %s: its process has ended, or keeps it elsewhere", path);
        return;
    }
    list_prefixes(list, sizeof(list));
    if (list[0] != '\0')
        complain("no process with --file-prefix=%s (no %s); others run with: %s%s", place->prefix,
                 path, list, root);
    else
        complain("no DPDK process with telemetry runs here (no %s): one that was started with "
                 "--no-telemetry cannot be asked%s",
                 path, root);
}

int place_connect(const struct place *place)
{
    struct sockaddr_un address;
    int fd = try_place(place, PLACE_PATIENCE_S, &address);

    switch (-fd) {
    case ENAMETOOLONG:
        complain("the socket's path is longer than the %zu characters that a socket's may have: "
                 "change to its directory and use --socket=NAME",
                 sizeof(address.sun_path) - 1);
        break;
    case ENOENT:
    case ENOTDIR:
        complain_absent(place, address.sun_path);
        break;
    case EACCES:
    case EPERM:
        complain("%s is another user's: ask as that user, or as root (sudo)", address.sun_path);
        break;
    case ECONNREFUSED:
        complain("%s is left over from a process that has ended", address.sun_path);
        break;
    case EAGAIN:
        complain("the process of %s has taken no connection for %d s: is it stopped, or in a "
                 "debugger?",
                 address.sun_path, PLACE_PATIENCE_S);
        break;
    case EPROTOTYPE:
        complain("%s is not a socket of DPDK's telemetry (its name ends in \".v2\")",
                 address.sun_path);
        break;
    default:
        if (fd < 0)
            complain("%s: %s", address.sun_path, strerror(-fd));
    }
    return fd;
}
