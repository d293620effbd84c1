/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_ELF_H
#define LABYRINTH_ELF_H

#include <stdbool.h>

/* Calls back with the name of each library that a library asks the loader for, in the order of the
 * file, and returns whether it uses or has a symbol of this name. A file that is no library of this
 * machine's kind asks for none. Not for hot paths. */
bool labyrinth_elf_read(const char *path, const char *symbol,
                        void (*needs)(const char *name, void *context), void *context);

#endif
