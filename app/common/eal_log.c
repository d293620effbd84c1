/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "eal_log.h"

#include <rte_log.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* rte_log() writes a message and flushes it: it comes in one piece. */
static ssize_t on_write(void *cookie, const char *text, size_t n)
{
    static const char unneeded[] = "EAL: Error creating '";

    if (n > strlen(unneeded) && memcmp(text, unneeded, strlen(unneeded)) == 0)
        return (ssize_t)n;
    return write(STDERR_FILENO, text, n);
}

void eal_log_without_directory(void)
{
    static const cookie_io_functions_t functions = {.write = on_write};
    FILE *file = fopencookie(NULL, "w", functions); /* as long as the program */

    if (file != NULL)
        rte_openlog_stream(file);
}
