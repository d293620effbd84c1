/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

/* Puts, for each word "@FILE" of a command line, the words of that file in its place: separated by
 * white space, quoted as for a shell ('…', "…", \), and without comments, which begin with # and
 * end with their line. A word of a file that begins with @ stays as it is.
 *
 * The new argv ends with NULL, and lives as long as the program, as its words do. Once. 0 or
 * -errno, and the reason has been said. */
int words_expand(int *argc, char **argv[]);

#endif
