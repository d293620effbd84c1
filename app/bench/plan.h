/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "options.h"

#include <stddef.h>

/* All that is to be measured: every pattern with every combination of its numbers. */
struct plan {
    struct setting *settings;
    unsigned n;
};

/* False when there is no memory. */
bool plan_make(struct plan *ret_plan, const struct options *options);
void plan_free(struct plan *plan);

/* Most lcores that any setting wants, each on a CPU of its own, or crowded. */
unsigned plan_lcores(const struct plan *plan, bool crowded);

/* Memory that all pools of one setting take on such pages. */
size_t plan_bytes(const struct setting *setting, const struct options *options, size_t page_bytes);

/* The same for the largest setting that fits into so much; of the smallest, when none does. */
size_t plan_largest(const struct plan *plan, const struct options *options, size_t page_bytes,
                    size_t limit_bytes);

/* Why a setting makes no sense, whatever the machine; NULL when it does. */
const char *plan_objection(const struct setting *setting);

/* "local-bulk: bulk 32, cache 0, ..." */
void plan_describe(const struct setting *setting, char *text, size_t capacity);

#endif
