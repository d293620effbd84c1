/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_STANDARD_H
#define COMMON_STANDARD_H

/* Opens what is closed of standard input, output and error, to things that give and take nothing,
 * so that no other file gets these numbers, and the program's words with them. For the first line
 * of main(). */
void standard_open(void);

#endif
