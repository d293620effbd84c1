/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_OPTIONAL_H
#define LABYRINTH_OPTIONAL_H

#include <stdbool.h>

/* Libraries that make reports better, and are loaded when there is one: a plugin that was linked
 * with them would not load at all where they are missing. */

struct labyrinth_symbol {
    void *place; /* of a pointer to the function */
    const char *name;
};

/* A place and a name for LABYRINTH_SYMBOL(table, f), where table.f is a pointer to f. */
#define LABYRINTH_SYMBOL(table, function)                                                          \
    {                                                                                              \
        &(table).function, #function                                                               \
    }

/* Loads the library and fills in all places; false when it, or one of the functions, is not there.
 * Not for hot paths. */
bool labyrinth_optional_load(const char *library, const struct labyrinth_symbol symbols[],
                             unsigned int n);

#endif
