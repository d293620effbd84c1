/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_WHERE_H
#define STAT_WHERE_H

#include "client.h"
#include "options.h"

/* Where the objects of a pool are, or those alone that are lost (verb "lost"): has the process
 * search, says how far it is, and prints what it found. Returns the exit status. */
int where(struct client *client, const struct options *options);

/* The same as a value, for others: {"pool", counts, "groups": [{"group", "count",
 * "state", "where", "name", "packets": [{"count", "headers"}]}]}; the caller's to release. NULL,
 * and the reason has been said, or a signal has come (stop.h). */
json_t *where_search(struct client *client, const struct options *options);

/* where_show.c: which of these places a group is: "12 blocks of 64 bytes, of flows (app)". */
void where_name(json_t *group, char *name, size_t capacity);

/* where_show.c: prints it for people; with `lost_alone`, what is lost. */
void where_show(FILE *out, json_t *answer, bool lost_alone);

/* where_capture.c: writes the first packets of a group as a capture: 0 or -errno, and the reason
 * has been said. */
int where_capture(struct client *client, json_t *answer, json_t *group, const char *path,
                  unsigned packets);

#endif
