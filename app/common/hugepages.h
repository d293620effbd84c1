/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_HUGEPAGES_H
#define COMMON_HUGEPAGES_H

#include <lab_error.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of huge pages, of all sizes, that nobody has taken. */
size_t hugepages_free_bytes(void);

/* Whether the EAL of this program gets `bytes` of them, of one size: a container sees all of the
 * machine's, and may be allowed none, or not the system calls by which the EAL has them. Tried out,
 * which takes as long as using them; *error says why not. */
bool hugepages_granted(size_t bytes, struct lab_error *error);

/* Writes the command that provides `missing_bytes` more than there are. */
void hugepages_advice(char *text, size_t capacity, size_t missing_bytes);

#endif
