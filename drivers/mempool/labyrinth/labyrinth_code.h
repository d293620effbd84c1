/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_CODE_H
#define LABYRINTH_CODE_H

#include <stdint.h>

enum labyrinth_code {
    LABYRINTH_CODE_UNKNOWN, /* of a library that has not been read, or of none */
    LABYRINTH_CODE_PROGRAM, /* the program's, or a PMD's */
    LABYRINTH_CODE_BETWEEN, /* of a function of DPDK's (rte_...), or of ours */
};

/* Reads the symbols of the program and of those libraries that use DPDK, as far as they have not
 * been read: some milliseconds the first time, and later a look whether there are more. Control
 * threads; where another one reads just now, it leaves it to that one. */
void labyrinth_code_read(void);

/* Whose code lies at an address of this process. Any thread; wait-free, no system call. */
enum labyrinth_code labyrinth_code_at(uint64_t address);

#endif
