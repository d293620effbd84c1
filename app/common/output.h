/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_OUTPUT_H
#define COMMON_OUTPUT_H

#include <stddef.h>

/* The output of a program at its end, to a file, a FIFO, a device or standard output. These return
 * 0 or -errno, and say nothing. */

/* Whether the text can have its place, asked before the work rather than after an hour. Leaves all
 * as it was. */
int output_look(const char *path);

/* A file has the whole text or what it had before, also when the disk is full: it is replaced.
 * Waits for a FIFO's reader as long as it takes, but after a signal for no more than two seconds.
 */
int output_write(const char *path, const char *text, size_t n_bytes);

/* To what is open already, as patiently. */
int output_write_to(int file, const char *text, size_t n_bytes);

#endif
