/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "eal_log.h"

#include <rte_log.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A directory that is not to be; and ordinary memory that is as good without a file. */
static const char *const unneeded[] = {
    "EAL: Error creating '",
    "EAL: Cannot resize memfd: ",
    "EAL: Falling back to anonymous map",
};

/* rte_log() writes a message and flushes it: it comes in one piece. */
static ssize_t on_write(void *cookie, const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof(unneeded) / sizeof(unneeded[0]); i++) {
        size_t length = strlen(unneeded[i]);

        if (n >= length && memcmp(text, unneeded[i], length) == 0)
            return (ssize_t)n;
    }
    return write(STDERR_FILENO, text, n);
}

void eal_log_without_directory(void)
{
    static const cookie_io_functions_t functions = {.write = on_write};
    FILE *file = fopencookie(NULL, "w", functions); /* as long as the program */

    if (file != NULL)
        rte_openlog_stream(file);
}
