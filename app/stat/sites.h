/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_SITES_H
#define STAT_SITES_H

#include <jansson.h>

/* The driver groups held objects by call site, lcore, process and age. In a copy of such an answer,
 * "by_holder" has these groups, and "by_call_site" a row for each call site, with the sum of its
 * groups, the largest first. An answer without groups is copied as it is. */
json_t *sites_totalled(json_t *answer);

#endif
