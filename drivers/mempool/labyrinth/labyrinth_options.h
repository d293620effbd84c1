/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_OPTIONS_H
#define LABYRINTH_OPTIONS_H

#include <lab_error.h>
#include <rte_common.h>
#include <stdbool.h>

struct labyrinth_options {
    bool no_cache; /* cache=off: pools are made without rte_mempool's per-lcore cache */
    bool no_claim; /* claim=off: mbufs of another lcore's are got without a write prefetch */
};

/* Reads LABYRINTH_OPTIONS. 0, or -EINVAL with a sentence that lists the known words. */
int labyrinth_options_read(struct labyrinth_options *ret_options, struct lab_error *error);

#endif
