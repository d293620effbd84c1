/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_HUGEPAGES_H
#define REPLAY_HUGEPAGES_H

#include <stddef.h>

/* Bytes of huge pages, of all sizes, that nobody has taken. */
size_t hugepages_free_bytes(void);

/* Writes the command that provides so many bytes more than there are. */
void hugepages_advice(char *text, size_t capacity, size_t missing_bytes);

#endif
