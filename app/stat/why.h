/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_WHY_H
#define STAT_WHY_H

#include "client.h"
#include "options.h"

/* Why a pool is empty, or soon will be, on one screen: two searches, and what has changed between
 * them. With --watch again and again. Returns the exit status. */
int why(struct client *client, const struct options *options);

/* why_verdict.c: adds to an answer of where_search() what follows from it and from the one before,
 * which began `seconds` earlier: "verdict" and the keys beside it in doc/guide/watching.md. */
void why_judge(json_t *answer, json_t *before, double seconds);

/* why_show.c: prints it for people, in lines of up to 80 characters. */
void why_show(FILE *out, json_t *answer);

#endif
