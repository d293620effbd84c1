/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_SITE_H
#define LABYRINTH_SITE_H

#include <stdbool.h>
#include <stdint.h>

/* What can be said of a call site: as much as the program's symbols allow. */
struct labyrinth_site {
    char function[96]; /* "" if it has no name */
    uint64_t offset;   /* from the function's start, else from the file's */
    char file[128];    /* "" without debugging information */
    int line;
    char module[96]; /* the program or library that the address lies in, "" if unknown */
};

/* Looks an address up in a process (lab_os_process() of it). A call that was inlined from DPDK's or
 * Labyrinth's headers counts as made where the program uses it. May read files, and take long the
 * first time. Any thread: one at a time looks it up, and who comes meanwhile does not wait, but
 * learns the module alone: false, as where there are no symbols to be read. */
bool labyrinth_site_find(uint64_t process, uint64_t address, struct labyrinth_site *ret_site);

#define LABYRINTH_SITE_TEXT 400

/* "function+0x1f (file.c:12)", or as much of it as there is. Returns text, of
 * LABYRINTH_SITE_TEXT bytes. */
char *labyrinth_site_text(uint64_t process, uint64_t address, char *text);

#endif
