/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "json_file.h"

#include "message.h"
#include "output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

static int complain_about(const char *path, int rc)
{
    if (rc == -ENXIO || rc == -EINTR)
        complain("--json=%s: nobody reads it", path);
    else if (rc != 0)
        complain("--json=%s: %s", path, strerror(-rc));
    return rc;
}

int json_file_look(const char *path)
{
    return path == NULL || is_stdout(path) ? 0 : complain_about(path, output_look(path));
}

static int write_text(const char *path, const char *text)
{
    if (!is_stdout(path))
        return output_write(path, text, strlen(text));
    if (fflush(stdout) != 0)
        return -errno;
    return output_write_to(STDOUT_FILENO, text, strlen(text));
}

int json_file_write(const char *path, const json_t *report)
{
    char *text = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(9)), *line = NULL;
    int rc = -ENOMEM;

    if (text != NULL && asprintf(&line, "%s\n", text) >= 0) {
        rc = write_text(path, line);
        free(line);
    }
    free(text);
    return complain_about(path, rc);
}
