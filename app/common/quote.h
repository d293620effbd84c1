/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_QUOTE_H
#define COMMON_QUOTE_H

#include <stddef.h>

/* A word as a shell must be given it: as it is where that is safe, otherwise between quotes.
 * Returns the text; "" where it has no room, for half a word would be another one. */
const char *quote_word(const char *word, char *text, size_t capacity);

#endif
