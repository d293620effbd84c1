/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_SITE_H
#define LABYRINTH_SITE_H

/* Call sites: the address that a call of the driver returns to, and what a person calls it. Threads
 * that poll find the address (labyrinth_caller.c), by what was read of the program's code before
 * (labyrinth_code.c). Its name is found when somebody reads it (labyrinth_site.c). */

#include <lab_audit_site.h>
#include <stdbool.h>
#include <stdint.h>

/* A call that was made to fill or to empty a cache in front of the pool is not that of who has the
 * object: this bit of its address says so. No address of a program has it. */
#define LABYRINTH_SITE_CACHE (UINT64_C(1) << 63)

static inline bool labyrinth_site_is_cache(uint64_t address)
{
    return (address & LABYRINTH_SITE_CACHE) != 0;
}

/* labyrinth_code.c: whose code it is. */

enum labyrinth_code {
    LABYRINTH_CODE_UNKNOWN, /* of a library that has not been read, or of none */
    LABYRINTH_CODE_PROGRAM, /* the program's, or a PMD's */
    LABYRINTH_CODE_BETWEEN, /* of a function of DPDK's (rte_...), or of ours */
};

/* Reads the symbols of the program and of those libraries that use DPDK, as far as they have not
 * been read: some milliseconds the first time, and later a look whether there are more. Control
 * threads; where another one reads just now, it leaves it to that one. */
void labyrinth_code_read(void);

/* Says whose code lies at an address of this process. Any thread; wait-free, no system call. */
enum labyrinth_code labyrinth_code_at(uint64_t address);

/* labyrinth_caller.c: which call of the program it was. */

/* Makes known what labyrinth_caller() needs to know of the code that is loaded now
 * (labyrinth_code_read()). Control threads. */
void labyrinth_caller_prepare(void);

/* The place in the program from which an op of the driver was called: a lab_audit_resolver. DPDK's
 * inline functions need not have been inlined: as long as the address lies in a function rte_...,
 * that function's own return address is taken. In a library that came after the last
 * labyrinth_caller_prepare(), the address is taken as it is.
 *
 * The first call from a site walks up the stack, some microseconds long; what it learns is how far
 * up in the stack the next return address lies, and later calls look there. Any thread; wait-free,
 * no system call, no allocation. LABYRINTH_SITE_CACHE stays what it is. */
const void *labyrinth_caller(struct lab_audit_site site, bool *ret_own);

/* labyrinth_site.c: its name. */

/* The description of a call site: as much as the program's symbols allow. */
struct labyrinth_site {
    char function[96]; /* "" if it has no name */
    uint64_t offset;   /* from the function's start, otherwise from the file's */
    char file[128];    /* "" without debugging information */
    int line;
    char module[96]; /* the program or library that the address lies in, "" if unknown */
};

/* Looks an address up in a process (lab_os_process() of it), with or without
 * LABYRINTH_SITE_CACHE. A call that was inlined from DPDK's or
 * Labyrinth's headers counts as made where the program uses it. May read files, and take long the
 * first time. Any thread that reports; one at a time looks it up, and who comes meanwhile does not
 * wait, but learns the module alone: false, as where there are no symbols to be read. */
bool labyrinth_site_find(uint64_t process, uint64_t address, struct labyrinth_site *ret_site);

#define LABYRINTH_SITE_TEXT 400

/* "function+0x1f (file.c:12)", or as much of it as there is. Returns text, of
 * LABYRINTH_SITE_TEXT bytes. */
char *labyrinth_site_text(uint64_t process, uint64_t address, char *text);

#endif
