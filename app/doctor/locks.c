/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static char *read_file(const struct tree *tree, const char *path, struct locks *locks)
{
    char *text = tree_file(tree, path);

    if (text == NULL)
        locks->error = -errno;
    return text;
}

/* Whether this is a container's. The kernel's first PID namespace has a number that never changes.
 */
static bool is_namespace(const struct tree *tree)
{
    struct stat status;

    return tree->root[0] == '\0' &&
           (stat("/proc/self/ns/pid", &status) != 0 || status.st_ino != 0xEFFFFFFCu);
}

void locks_read(const struct tree *tree, struct locks *ret_locks)
{
    ret_locks->error = 0;
    ret_locks->has_own = is_namespace(tree);
    ret_locks->locks = read_file(tree, "/proc/locks", ret_locks);
    ret_locks->sockets = read_file(tree, "/proc/net/unix", ret_locks);
}

void locks_free(struct locks *locks)
{
    free(locks->locks);
    free(locks->sockets);
}

static bool is_bound(const char *sockets, const char *path)
{
    size_t length = strlen(path);

    for (const char *found = strstr(sockets, path); found != NULL;
         found = strstr(found + 1, path)) {
        if (found != sockets && found[-1] == ' ' &&
            (found[length] == '\n' || found[length] == '\0'))
            return true;
    }
    return false;
}

/* A socket refuses when nobody has it bound. */
static enum life ask_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum life life = LIFE_UNKNOWN;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return LIFE_UNKNOWN;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return LIFE_UNKNOWN;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN ||
        errno == EPROTOTYPE)
        life = LIFE_ALIVE;
    else if (errno == ECONNREFUSED || errno == ENOENT)
        life = LIFE_DEAD;
    close(fd);
    return life;
}

/* The kernel reports a lock by fcntl(2) also where its process cannot be seen, but not one by
 * flock(2). */
static enum life ask_file(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    enum life life = LIFE_UNKNOWN;

    if (fd < 0)
        return LIFE_UNKNOWN;
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        life = LIFE_ALIVE;
    close(fd);
    return life;
}

enum life locks_life(const struct locks *locks, const struct tree *tree, const char *path)
{
    struct stat status;
    char word[64];
    int rc = tree_stat(tree, &status, "%s", path);

    if (rc != 0)
        return rc == -ENOENT ? LIFE_DEAD : LIFE_UNKNOWN;
    /* "1: POSIX  ADVISORY  WRITE 4711 fe:00:1466387 0 EOF" */
    snprintf(word, sizeof(word), " %02x:%02x:%lu ", major(status.st_dev), minor(status.st_dev),
             (unsigned long)status.st_ino);
    if ((locks->locks != NULL && strstr(locks->locks, word) != NULL) ||
        (locks->sockets != NULL && is_bound(locks->sockets, path)))
        return LIFE_ALIVE;
    if (S_ISSOCK(status.st_mode) && tree->root[0] == '\0')
        return ask_socket(path);
    if (locks->has_own)
        return S_ISREG(status.st_mode) ? ask_file(path) : LIFE_UNKNOWN;
    return locks->error != 0 ? LIFE_UNKNOWN : LIFE_DEAD;
}
