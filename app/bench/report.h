/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "result.h"

#include <stdio.h>

/* Results for a person and for a program. */

/* One setting: a line for each pool. */
void table_print(FILE *out, const struct result *result);

/* All settings: a line for each, the first pool beside the best of its peers. */
void table_print_summary(FILE *out, const struct results *results);

/* Everything, to where --json says. 0 or -errno, and the reason has been said. */
int report_json(const struct options *options, const struct results *results);

#endif
