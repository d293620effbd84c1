/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_DURATION_H
#define COMMON_DURATION_H

#include <stddef.h>

#define DURATION_BYTES 32

/* Writes a time with three digits, in the unit in which it is read most easily: "740 ns",
 * "12.5 us", "3.04 ms", "61.2 s". Returns the text. */
const char *duration_format(double ns, char text[DURATION_BYTES]);

#endif
