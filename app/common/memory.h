/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* One budget for everything large that the program takes of ordinary memory: eight tenths of what
 * the kernel says is available, or of what its control groups (a container's, a service's) leave
 * it, if that is less, at the first question. Beyond it, the kernel kills. Main thread. */

/* Bytes that are left of it; UINT64_MAX where nobody knows how many there are. */
uint64_t memory_left(void);

/* Bytes of it that are taken. */
uint64_t memory_taken(void);

/* Takes from it, before the memory is used; false, and nothing is taken, when too little is left.
 */
bool memory_take(uint64_t bytes);
void memory_give(uint64_t bytes);

#endif
