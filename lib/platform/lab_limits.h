/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_LIMITS_H
#define LAB_LIMITS_H

/* Options that are numbers, and what is possible of each. */

#include <lab_error.h>
#include <stddef.h>
#include <stdint.h>

struct lab_limit {
    const char *option; /* as a message names it */
    uint32_t asked, least, most;
};

/* 0; or -EINVAL for the first of n options that is beyond its limits, of the pool or arena, or
 * whatever `kind` says, of that name. */
int lab_limits_check(const char *kind, const char *name, const struct lab_limit limits[], size_t n,
                     struct lab_error *error);

#endif
