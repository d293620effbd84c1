/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include <stdbool.h>

/* Messages to a person while the program runs: one sentence a line, on stderr, after the program's
 * name. A stderr that has no room, because nobody reads it, is waited for two seconds: the
 * program's end does not hang on it. */

/* Says why something did not work. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says something worth knowing; -q silences it. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note_silence(void);

/* Writes a text as it is, waiting as above. False when it has no end there. */
bool message_write(const char *text);

/* Writes a short text as it is, if stderr has room for it now. */
void message_try(const char *text);

/* Names may hold anything, and a terminal must not obey them: control characters become '?'. Both
 * above do it themselves. */
void message_disarm(char *text);

#endif
