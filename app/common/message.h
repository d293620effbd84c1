/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

/* What a person is told while the program runs: one sentence a line, on stderr, after the
 * program's name. */

/* Says why something did not work. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says something worth knowing; -q silences it. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note_silence(void);

#endif
