/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_WATCH_H
#define STAT_WATCH_H

#include "client.h"
#include "options.h"

/* Looks at the process again and again: on a terminal in place, otherwise one look below the other.
 * Returns the exit status. */
int watch(struct client *client, const struct options *options);

#endif
