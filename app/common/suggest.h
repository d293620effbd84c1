/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

#include <stddef.h>

/* The one of `n` names that is nearest to what was typed, or NULL when none is near. */
const char *suggest(const char *typed, const char *const names[], size_t n);

#endif
