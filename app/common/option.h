/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_OPTION_H
#define COMMON_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A command line `PROGRAM [EAL options --] [options] [words]`: an app has a table of its options,
 * and gets --help, and sentences about what is wrong, from that. */

struct option_spec {
    const char *name;     /* NULL: a heading, which is its help */
    const char *argument; /* NULL: takes none */
    int letter;           /* from OPTION_NO_LETTER on: there is none */
    const char *help;
};

#define OPTION_NO_LETTER 256
/* Where the help of an option goes on. */
#define OPTION_NEXT "\n                             "

#define OPTION_MAX 80 /* entries of a table */

struct option_table {
    const struct option_spec *specs;
    size_t n;
};

/* What became of a command line. */
enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_ANSWERED, /* --help, --version */
    OPTIONS_WRONG,    /* and the reason has been said */
};

/* The words before "--". */
struct eal_words {
    char **words;
    int n;
};

/* Takes what stands before "--" for the EAL, and leaves the rest in argv with its own argv[0].
 * False, and the reason said, when an option of the table stands there. */
bool option_split(const struct option_table *table, int *argc, char **argv[],
                  struct eal_words *ret_eal);

/* The next option of the command line and its argument (NULL: none); NULL after the last, when
 * `*ret_wrong` tells whether that is because something is wrong, which has been said. What is no
 * option begins at argv[optind] then. */
const struct option_spec *option_next(const struct option_table *table, int argc, char *argv[],
                                      char **ret_argument, bool *ret_wrong);

/* One line for each option. */
void option_print(const struct option_table *table);

/* Name, version, and the DPDK that it runs on, or NULL where that is none. */
void option_print_version(const char *dpdk);

/* Arguments of options. False, and the reason said, when the text is something else. */
bool parse_u64(const char *option, const char *text, uint64_t least, uint64_t most,
               uint64_t *ret_value);
bool parse_unsigned(const char *option, const char *text, unsigned least, unsigned most,
                    unsigned *ret_value);
/* A number from `least` to `most`; where `least` is 0, above that. */
bool parse_real(const char *option, const char *text, double least, double most, double *ret_value);

/* Names with commas between them; cuts the text into pieces. */
bool parse_names(const char *option, char *text, unsigned most, const char *ret_names[],
                 unsigned *ret_n);

/* Says that an option's argument must be something else. Returns false. */
bool wrong_value(const char *option, const char *text, const char *expected);

#endif
