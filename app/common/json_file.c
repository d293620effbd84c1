/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "json_file.h"

#include "message.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or -errno as opening the file for writing would give it. */
static int look_at_place(const char *path)
{
    char folder[PATH_MAX];

    if (access(path, W_OK) == 0)
        return 0;
    if (errno != ENOENT || path[0] == '\0')
        return -errno;
    snprintf(folder, sizeof(folder), "%s", path);
    return access(dirname(folder), W_OK) == 0 ? 0 : -errno;
}

int json_file_look(const char *path)
{
    struct stat place;
    int rc;

    if (path == NULL || strcmp(path, "-") == 0)
        return 0;
    if (stat(path, &place) == 0 && S_ISDIR(place.st_mode))
        rc = -EISDIR;
    else
        rc = look_at_place(path);
    if (rc != 0)
        complain("--json=%s: %s", path, strerror(-rc));
    return rc;
}

int json_file_write(const char *path, const json_t *report)
{
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    int rc;

    if (file == NULL) {
        rc = -errno;
        complain("--json=%s: %s", path, strerror(-rc));
        return rc;
    }
    rc = json_dumpf(report, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', file);
    if (fflush(file) != 0 || ferror(file))
        rc = -1;
    if (file != stdout)
        rc |= fclose(file);
    if (rc != 0) {
        complain("--json=%s: cannot be written", path);
        return -EIO;
    }
    return 0;
}
