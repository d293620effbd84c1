/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "output.h"

#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAP_MS 50
#define PATIENCE_MS 2000 /* with a reader, after a signal */

/* A file that is not there yet, also at the end of a link: it is made, and taken away again. */
static int look_at_new(const char *path)
{
    char *made;
    int file = open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);

    if (file < 0)
        return -errno;
    close(file);
    made = realpath(path, NULL);
    (void)unlink(made != NULL ? made : path);
    free(made);
    return 0;
}

int output_look(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno == ENOENT && path[0] != '\0' ? look_at_new(path) : -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    if (S_ISSOCK(status.st_mode))
        return -ENXIO;
    return access(path, W_OK) == 0 ? 0 : -errno;
}

/* A reader that does nothing is waited for, but not by one whom a signal has told to end. */
static int wait_a_while(unsigned *waited_ms)
{
    *waited_ms = stop_requested() == STOP_SIGNAL ? *waited_ms + NAP_MS : 0;
    return *waited_ms > PATIENCE_MS ? -EINTR : 0;
}

/* A pipe that is ready takes so much without blocking. */
int output_write_to(int file, const char *text, size_t n_bytes)
{
    struct pollfd ready = {.fd = file, .events = POLLOUT};
    unsigned waited_ms = 0;

    while (n_bytes > 0) {
        int is_ready = poll(&ready, 1, NAP_MS);
        ssize_t n = 0;

        if (is_ready > 0) /* not for a signal, after which a write might block */
            n = write(file, text, n_bytes < PIPE_BUF ? n_bytes : PIPE_BUF);
        else if (is_ready == 0 && wait_a_while(&waited_ms) != 0)
            return -EINTR;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        if (n > 0) {
            text += n;
            n_bytes -= (size_t)n;
            waited_ms = 0;
        }
    }
    return 0;
}

/* A FIFO that nobody reads cannot be opened in this way. */
static int open_place(const char *path)
{
    unsigned waited_ms = 0;

    for (;;) {
        int file =
            open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);

        if (file >= 0)
            return file;
        if (errno != ENXIO && errno != EINTR)
            return -errno;
        if (wait_a_while(&waited_ms) != 0)
            return -ENXIO;
        (void)poll(NULL, 0, NAP_MS);
    }
}

static int close_after(int file, int rc)
{
    return close(file) != 0 && rc == 0 ? -errno : rc;
}

static int write_in_place(const char *path, const char *text, size_t n_bytes)
{
    int file = open_place(path);

    if (file < 0)
        return file;
    return close_after(file, output_write_to(file, text, n_bytes));
}

/* A file system, or a sandbox, that does not have the call: FAT knows neither owners nor modes. */
static bool is_lacking(int error)
{
    return error == EPERM || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

/* The mode of the file before, or of one that the shell would make. */
static int make_alike(int file, const struct stat *before)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    if (before != NULL && fchown(file, before->st_uid, before->st_gid) != 0 && !is_lacking(errno))
        return -errno;
    if (fchmod(file, before != NULL ? before->st_mode & 07777 : 0666 & ~mask) != 0 &&
        !is_lacking(errno))
        return -errno;
    return 0;
}

/* A file in the same folder: its own name, which may be as long as a name can be, is not longer
 * than that of the report. */
static int open_beside(const char *path, char beside[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL ? 0 : (int)(slash + 1 - path), file;

    if (snprintf(beside, PATH_MAX, "%.*s.labyrinth-XXXXXX", folder, path) >= PATH_MAX)
        return -ENAMETOOLONG;
    file = mkostemp(beside, O_CLOEXEC);
    return file >= 0 ? file : -errno;
}

/* A disk that has no room for another file has none for this one once the old is cut short. */
static bool is_full(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT;
}

/* A new file beside the old one takes its place when it is whole. *ret_made: false when the folder
 * allows none. */
static int replace(const char *path, const struct stat *before, const char *text, size_t n_bytes,
                   bool *ret_made)
{
    char beside[PATH_MAX];
    int file = open_beside(path, beside), rc;

    *ret_made = file >= 0 || is_full(file);
    if (file < 0)
        return file;
    rc = make_alike(file, before);
    if (rc == 0)
        rc = output_write_to(file, text, n_bytes);
    /* Some file systems find out here that the disk is full. */
    if (rc == 0 && fsync(file) != 0 && !is_lacking(errno))
        rc = -errno;
    rc = close_after(file, rc);
    if (rc == 0 && rename(beside, path) != 0)
        rc = -errno;
    if (rc != 0)
        (void)unlink(beside);
    return rc;
}

/* /dev/stdout, redirected to a file: others write to the same one. */
static bool is_standard(const struct stat *status)
{
    struct stat standard;

    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fstat(file, &standard) == 0 && standard.st_dev == status->st_dev &&
            standard.st_ino == status->st_ino)
            return true;
    }
    return false;
}

int output_write(const char *path, const char *text, size_t n_bytes)
{
    struct stat status;
    bool exists = stat(path, &status) == 0, made = false;
    char *target = NULL;
    int rc = 0;

    if (exists && S_ISREG(status.st_mode) && !is_standard(&status))
        target = realpath(path, NULL); /* links stay */
    else if (!exists && errno == ENOENT && lstat(path, &status) != 0)
        target = strdup(path);
    if (target != NULL)
        rc = replace(target, exists ? &status : NULL, text, n_bytes, &made);
    free(target);
    return made ? rc : write_in_place(path, text, n_bytes);
}
