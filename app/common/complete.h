/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_COMPLETE_H
#define COMMON_COMPLETE_H

#include "option.h"

/* When bash runs a program to complete its own command line (`complete -C`, in app/completion), it
 * has that line in COMP_LINE and the cursor in COMP_POINT. Prints then what may stand there, and
 * returns true: the program has answered. `commands` ends in NULL; NULL: the program has none.
 * Where nothing is printed, bash offers files. */
bool option_complete(const struct option_table *table, const char *const commands[]);

#endif
