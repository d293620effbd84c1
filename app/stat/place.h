/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_PLACE_H
#define STAT_PLACE_H

#include <limits.h>
#include <sys/un.h>

/* The process that is asked, by the place of its telemetry socket. */
struct place {
    const char *prefix; /* of --file-prefix, which gives the socket's directory its name */
    unsigned instance;  /* 0: the first with this prefix */
    const char *socket; /* not NULL: the socket itself */
};

/* Nothing that a process does or leaves takes longer: its connection, and each of its answers. */
#define PLACE_PATIENCE_S 5

/* Connects to the process. Returns a file descriptor that waits so long and no longer, or -errno,
 * and the reason has been said. */
int place_connect(const struct place *place);

#endif
