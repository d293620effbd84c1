/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_OPTION_H
#define COMMON_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A command line `PROGRAM [EAL options --] [options] [words]`.
 *
 * An app has a `struct options` of its own, and one row for each option: its name, its letter, its
 * argument, where in `struct options` the argument is saved, its type and range, and its help.
 * Parsing, --help, and the sentences about what is wrong are made from the rows. */

struct options;
struct option_row;

/* Saves an argument that a type and a range do not describe. `text` is NULL for an option that
 * takes none. Returns false when it is wrong, after saying so. */
typedef bool option_save_fn(struct options *options, const struct option_row *row, char *text);

typedef void option_answer_fn(void);

enum option_type {
    OPTION_TYPE_HEADING,
    OPTION_TYPE_FLAG,      /* bool: takes no argument, and saves `flag` */
    OPTION_TYPE_TEXT,      /* const char * */
    OPTION_TYPE_UNSIGNED,  /* unsigned, within `whole` */
    OPTION_TYPE_U64,       /* uint64_t, within `whole` */
    OPTION_TYPE_REAL,      /* double, above 0 and within `real` */
    OPTION_TYPE_WORD,      /* enum: which of `words` it is */
    OPTION_TYPE_WORD_FLAG, /* bool: whether it is the second of `words` */
    OPTION_TYPE_OTHER,     /* `save` knows */
    OPTION_TYPE_ANSWER,    /* nothing is saved: `answer` prints, and the program ends */
};

struct option_value {
    enum option_type type;
    size_t at; /* in struct options */
    union {
        bool flag;
        struct {
            uint64_t least, most;
        } whole;
        struct {
            double least, most;
        } real;
        const char *const *words; /* NULL after the last */
        int code;                 /* for `save` */
    };
    option_save_fn *save;
    option_answer_fn *answer;
};

struct option_row {
    const char *name;     /* NULL: a heading, which is its help */
    char letter;          /* '\0': none */
    const char *argument; /* NULL: takes none */
    struct option_value value;
    const char *help;
};

/* The values of rows. The type is that of the member of `struct options`; a member of a type that
 * does not fit does not compile. */
#define OPTION_MEMBER(member) (((struct options *)NULL)->member)
#define OPTION_TYPE(member, c_type, type) _Generic(OPTION_MEMBER(member), c_type : type)
#define OPTION_TYPES(member, c_type, type, c_other, other)                                         \
    _Generic(OPTION_MEMBER(member), c_type : type, c_other : other)
#define OPTION_AT(member) .at = offsetof(struct options, member)

#define OPTION_SET(member, value)                                                                  \
    {                                                                                              \
        .type = OPTION_TYPE(member, bool, OPTION_TYPE_FLAG), OPTION_AT(member), .flag = (value),   \
    }
#define OPTION_FLAG(member) OPTION_SET(member, true)
#define OPTION_TEXT(member)                                                                        \
    {                                                                                              \
        .type = OPTION_TYPE(member, const char *, OPTION_TYPE_TEXT), OPTION_AT(member),            \
    }
#define OPTION_WHOLE(member, least, most)                                                          \
    {                                                                                              \
        .type = OPTION_TYPES(member, unsigned, OPTION_TYPE_UNSIGNED, uint64_t, OPTION_TYPE_U64),   \
        OPTION_AT(member), .whole = {(least), (most)},                                             \
    }
#define OPTION_REAL(member, least, most)                                                           \
    {                                                                                              \
        .type = OPTION_TYPE(member, double, OPTION_TYPE_REAL), OPTION_AT(member),                  \
        .real = {(least), (most)},                                                                 \
    }
#define OPTION_WORD(member, names)                                                                 \
    {                                                                                              \
        .type = OPTION_TYPES(member, bool, OPTION_TYPE_WORD_FLAG, unsigned, OPTION_TYPE_WORD),     \
        OPTION_AT(member), .words = (names),                                                       \
    }
#define OPTION_OTHER(function, number)                                                             \
    {                                                                                              \
        .type = OPTION_TYPE_OTHER, .code = (number), .save = (function),                           \
    }
#define OPTION_ANSWER(function)                                                                    \
    {                                                                                              \
        .type = OPTION_TYPE_ANSWER, .answer = (function),                                          \
    }
#define OPTION_HEADING(text)                                                                       \
    {                                                                                              \
        NULL, '\0', NULL, {.type = OPTION_TYPE_HEADING}, text,                                     \
    }

/* Where the help of an option goes on. */
#define OPTION_NEXT "\n                             "

#define OPTION_MAX 80 /* rows of a table */

struct option_table {
    const struct option_row *rows;
    size_t n;
    bool has_eal; /* options of the EAL stand before "--" */
};

/* The outcome of a command line. */
enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_ANSWERED, /* --help, --version */
    OPTIONS_WRONG,    /* and the reason has been said */
};

/* Whether what answered has been written: 0, or -errno, and the reason has been said. */
int option_answered(void);

/* Whether that leaves nothing to run. *ret_status is the program's exit status then. */
bool option_ends_program(enum options_verdict verdict, int *ret_status);

/* The words before "--". */
struct eal_words {
    char **words;
    int n;
};

/* Takes what stands before "--" for the EAL, and leaves the rest in argv with its own argv[0].
 * False, and the reason said, when an option of the table stands there. */
bool option_split(const struct option_table *table, int *argc, char **argv[],
                  struct eal_words *ret_eal);

/* Saves all options of the command line in *options, which holds the defaults. The words that are
 * no options begin at argv[optind] then. */
enum options_verdict option_parse(const struct option_table *table, int argc, char *argv[],
                                  struct options *options);

/* One line for each option. */
void option_print(const struct option_table *table);

/* Name, version, and the DPDK that it runs on, or NULL where that is none. */
void option_print_version(const char *dpdk);

/* Arguments of options. False, and the reason said, when the text is something else. */
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
