/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_PLAIN_H
#define LABYRINTH_PLAIN_H

#include <stdio.h>
#include <string.h>

/* DPDK's telemetry carries printable ASCII alone: it drops control characters, and for a byte
 * beyond ASCII it reads outside of its table. So names are said as C writes them: "caf\xc3\xa9",
 * "a\\b". */

/* The longest that a mempool's name becomes. */
#define LABYRINTH_PLAIN_NAME (4 * RTE_MEMPOOL_NAMESIZE)

/* Writes as many whole characters of the name as there is room for. Returns plain. */
static inline char *labyrinth_plain(char *plain, size_t size, const char *name)
{
    size_t used = 0;

    for (; *name != '\0'; name++) {
        unsigned char byte = (unsigned char)*name;
        char text[8];
        size_t length;

        if (byte == '\\')
            length = (size_t)snprintf(text, sizeof(text), "\\\\");
        else if (byte < ' ' || byte > '~')
            length = (size_t)snprintf(text, sizeof(text), "\\x%02x", byte);
        else
            length = (size_t)snprintf(text, sizeof(text), "%c", byte);
        if (used + length >= size)
            break;
        memcpy(plain + used, text, length);
        used += length;
    }
    plain[used] = '\0';
    return plain;
}

#endif
