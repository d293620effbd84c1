/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_POOLS_H
#define STAT_POOLS_H

#include "client.h"

/* A row for each pool of the process. With `calls`, also how many calls its lcores have made, under
 * keys that end in "/s": see pools_rates(). NULL, and the reason has been said. */
json_t *pools_rows(struct client *client, bool calls);

/* The same of one pool: what there is to say about the whole, and in "lcores" a row each. */
json_t *pools_lcores(struct client *client, const char *name);

/* In rows, turns what stands under keys that end in "/s" from counts into how many a second there
 * were since `before`: other rows of the same kind, or NULL. A row that was not there before has
 * none. */
void pools_rates(json_t *rows, json_t *before, double seconds);

#endif
