/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_SCREEN_H
#define STAT_SCREEN_H

#include <stdbool.h>

/* Text on stdout. A line that begins with SCREEN_ALARM stands out: on a terminal in colour, unless
 * NO_COLOR is set (no-color.org) or the terminal is dumb. The mark is there all the same: not
 * everybody sees colours. */
#define SCREEN_ALARM '!'

/* Characters in a line of the terminal; 0 where there is none, and a line may have any length. */
int screen_columns(void);

/* Begins a screen that is written in place. */
void screen_clear(void);

/* As much of the text as the terminal has room for, over what was there before. The last line
 * counts the lines for which there is no room. */
void screen_print_in_place(const char *text);

/* The whole text. False, and errno, when it could not be written. */
bool screen_print(const char *text);

#endif
