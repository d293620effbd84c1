/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef CHOICE_H
#define CHOICE_H

/* The tree of choices that is an exploration. An execution is one path from its root, found again
 * by making the same choices, so nothing of a program's state is ever saved or restored.
 *
 * Options are numbered. 0 is the default: go on with the same thread, see the newest value. The
 * options from n_free on are deviations, of which an execution may have `bound`. */

#include <stdbool.h>

/* Starts an exploration of all executions with at most `bound` deviations. */
void choice_start(unsigned bound);

/* Starts the one execution that choice_print once printed; false if `text` is not such a line. */
bool choice_replay(const char *text);

/* Takes one of n_all options (at least 1) and returns its number. */
unsigned choose(unsigned n_free, unsigned n_all);

/* Goes on to the next execution; false when there is none. */
bool choice_next(void);

/* Goes back to the start of the same execution. */
void choice_rewind(void);

/* Prints the current execution's path. */
void choice_print(void);

#endif
