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
#include <stddef.h>

/* Starts an exploration of all executions with at most `bound` deviations. */
void choice_start(unsigned bound);

/* Goes on to the next execution; false when there is none. */
bool choice_next(void);

/* Counts the places where choices can be made, which gives them names. */
void choice_tick(void);

/* Takes one of n_all options (at least 1) and returns its number. `kind` distinguishes the choices
 * made in one place. */
unsigned choose(char kind, unsigned n_free, unsigned n_all);

/* Writes down the current execution: the choices that are not the default. */
void choice_write(char *path, size_t bytes);

/* From now on there is one execution, the one that was written down. false: `path` is none. */
bool choice_replay(const char *path);

/* True if so: then every place must be asked, even one that exploration has no need to ask. */
bool choice_replaying(void);

#endif
