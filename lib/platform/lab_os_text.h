/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_OS_TEXT_H
#define LAB_OS_TEXT_H

/* Small files of /proc, /sys and control groups, as text: for lab_os_*.c alone. */

#include <stdbool.h>
#include <stddef.h>

/* Reads a file by openat(2) and one read(2), as far as there is room; the text ends with a zero.
 * Returns 0 or -errno. */
int lab_os_read_text(int directory, const char *path, char *text, size_t size);

/* The number that a file begins with; -EIO when it begins with something else. */
int lab_os_read_number(int directory, const char *path, size_t *ret_number);

/* The number behind a word of a text. false: there is none, and *ret_number is untouched. */
bool lab_os_number_behind(const char *text, const char *word, size_t *ret_number);

#endif
