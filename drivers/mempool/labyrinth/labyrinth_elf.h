/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_ELF_H
#define LABYRINTH_ELF_H

#include <stdbool.h>
#include <stdint.h>

/* Calls back with the name of each library that a library asks the loader for, in the order of the
 * file, and returns whether it uses or has a symbol of this name. A file that is no library of this
 * machine's kind asks for none. Not for hot paths. */
bool labyrinth_elf_read(const char *path, const char *symbol,
                        void (*needs)(const char *name, void *context), void *context);

/* A function of a file: `start` is an address as the file has it, before it is loaded. */
typedef void labyrinth_elf_see_fn(const char *name, uint64_t start, uint64_t bytes, void *context);

/* Calls back for each function of a program or library: for all of them where its symbols are in
 * the file, or where distributions put what they take out (by the build id); otherwise for those
 * that it exports. */
void labyrinth_elf_functions(const char *path, labyrinth_elf_see_fn *see, void *context);

#endif
