/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "option.h"

#include "eal_names.h"
#include "message.h"
#include "status.h"
#include "suggest.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void option_print(const struct option_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct option_row *row = &table->rows[i];
        char left[48];

        if (row->name == NULL) {
            printf("%s%s:\n", i > 0 ? "\n" : "", row->help);
            continue;
        }
        snprintf(left, sizeof(left), "--%s%s%s", row->name, row->argument ? "=" : "",
                 row->argument ? row->argument : "");
        if (row->letter != '\0')
            printf("  -%c, %-22s %s\n", row->letter, left, row->help);
        else
            printf("      %-22s %s\n", left, row->help);
    }
}

void option_print_version(const char *dpdk)
{
    printf("%s " LABYRINTH_VERSION, program_invocation_short_name);
    if (dpdk != NULL)
        printf(" (%s)", dpdk);
    putchar('\n');
}

/* getopt's value of an option is its letter, or this and its place in the table. */
#define NO_LETTER 256

static const struct option_row *row_of(const struct option_table *table, int value)
{
    if (value >= NO_LETTER)
        return &table->rows[value - NO_LETTER];
    for (size_t i = 0; i < table->n; i++) {
        if (table->rows[i].letter == value)
            return &table->rows[i];
    }
    return NULL;
}

/* Says which options a word abbreviates, where those are several. */
static bool complain_ambiguous(const struct option_table *table, const char *word, size_t length)
{
    char list[512] = "";
    size_t n = 0, at = 0;

    for (size_t i = 0; i < table->n; i++) {
        const char *name = table->rows[i].name;

        if (name == NULL || strncmp(name, word, length) != 0)
            continue;
        if (at < sizeof(list))
            at +=
                (size_t)snprintf(list + at, sizeof(list) - at, "%s--%s", n == 0 ? "" : ", ", name);
        n++;
    }
    if (n > 1)
        complain("--%.*s may be any of %s", (int)length, word, list);
    return n > 1;
}

/* The option that a long word names, in full or cut short; NULL: none, or several. */
static const struct option_row *find_long(const struct option_table *table, const char *word,
                                          size_t length)
{
    const struct option_row *found = NULL;

    for (size_t i = 0; i < table->n; i++) {
        const char *name = table->rows[i].name;

        if (name == NULL || strncmp(name, word, length) != 0)
            continue;
        if (strlen(name) == length)
            return &table->rows[i];
        if (found != NULL)
            return NULL;
        found = &table->rows[i];
    }
    return found;
}

static bool is_name(const struct option_table *table, const char *name, size_t length)
{
    for (size_t i = 0; i < table->n; i++) {
        const char *own = table->rows[i].name;

        if (own != NULL && strlen(own) == length && strncmp(own, name, length) == 0)
            return true;
    }
    return false;
}

static void complain_unknown(const struct option_table *table, const char *typed, int letter)
{
    const char *names[OPTION_MAX], *nearest;
    char word[64];
    size_t n = 0;

    if (table->has_eal && eal_names_has(typed)) {
        complain("%.*s is an option of the EAL: it belongs before \"--\", as in `%s %s -- ...`",
                 (int)(letter != 0 ? 2 : strcspn(typed, "=")), typed, program_invocation_short_name,
                 typed);
        return;
    }
    if (letter != 0) {
        complain("unknown option -%c: see --help", letter);
        return;
    }
    if (complain_ambiguous(table, typed + 2, strcspn(typed + 2, "=")))
        return;
    for (size_t i = 0; i < table->n; i++) {
        if (table->rows[i].name != NULL)
            names[n++] = table->rows[i].name;
    }
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(typed + 2, "="), typed + 2);
    nearest = suggest(word, names, n);
    if (nearest != NULL)
        complain("unknown option --%s: did you mean --%s?", word, nearest);
    else
        complain("unknown option --%s: see --help", word);
}

/* getopt_long has met what it does not like; `typed` is where it stood. */
static void complain_option(const struct option_table *table, const char *typed, int verdict)
{
    bool is_long = strncmp(typed, "--", 2) == 0;
    const struct option_row *row =
        is_long ? find_long(table, typed + 2, strcspn(typed + 2, "=")) : row_of(table, optopt);

    if (verdict == ':')
        complain("%s needs %s", typed, row_of(table, optopt)->argument);
    else if (is_long && row != NULL)
        complain("--%s takes no argument: it is --%s alone", row->name, row->name);
    else
        complain_unknown(table, typed, is_long ? 0 : optopt);
}

int option_answered(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    complain("cannot write: %s", strerror(errno));
    return -EIO;
}

bool option_ends_program(enum options_verdict verdict, int *ret_status)
{
    if (verdict == OPTIONS_RUN)
        return false;
    *ret_status = verdict == OPTIONS_WRONG ? EXIT_USAGE : exit_status(option_answered());
    return true;
}

bool option_split(const struct option_table *table, int *argc, char **argv[],
                  struct eal_words *ret_eal)
{
    int n = 1;

    *ret_eal = (struct eal_words){0};
    while (n < *argc && strcmp((*argv)[n], "--") != 0)
        n++;
    if (n == *argc)
        return true;
    for (int i = 1; i < n; i++) {
        const char *word = (*argv)[i];

        /* --lcores is a word of the EAL's, too. */
        if (strncmp(word, "--", 2) == 0 && strcmp(word, "--help") != 0 &&
            strncmp(word, "--lcores", 8) != 0 && is_name(table, word + 2, strcspn(word + 2, "="))) {
            complain("%s stands before \"--\", where the EAL's options stand: it belongs behind it",
                     word);
            return false;
        }
    }
    *ret_eal = (struct eal_words){.words = *argv + 1, .n = n - 1};
    (*argv)[n] = (*argv)[0];
    *argv += n;
    *argc -= n;
    return true;
}

static void make_getopt_tables(const struct option_table *table, struct option longs[],
                               char shorts[])
{
    *shorts++ = ':'; /* distinguishes a missing argument from an unknown option */
    for (size_t i = 0; i < table->n; i++) {
        const struct option_row *row = &table->rows[i];

        if (row->name == NULL)
            continue;
        *longs++ = (struct option){
            .name = row->name,
            .has_arg = row->argument != NULL ? required_argument : no_argument,
            .val = NO_LETTER + (int)i,
        };
        if (row->letter == '\0')
            continue;
        *shorts++ = row->letter;
        if (row->argument != NULL)
            *shorts++ = ':';
    }
    *longs = (struct option){0};
    *shorts = '\0';
}

/* The next option of the command line and its argument (NULL: none); NULL after the last, when
 * `*ret_wrong` says whether that is because something is wrong, which has been said. */
static const struct option_row *next(const struct option_table *table, int argc, char *argv[],
                                     char **ret_argument, bool *ret_wrong)
{
    struct option longs[OPTION_MAX + 1];
    char shorts[2 * OPTION_MAX + 2];
    int at = optind, letter;

    make_getopt_tables(table, longs, shorts);
    opterr = 0;
    letter = getopt_long(argc, argv, shorts, longs, NULL);
    *ret_wrong = letter == '?' || letter == ':';
    if (*ret_wrong)
        complain_option(table, argv[optind > at ? optind - 1 : at], letter);
    if (*ret_wrong || letter == -1)
        return NULL;
    *ret_argument = optarg;
    return row_of(table, letter);
}

bool wrong_value(const char *option, const char *text, const char *expected)
{
    complain("--%s=%s: must be %s", option, text, expected);
    return false;
}

static bool parse_u64(const char *option, const char *text, uint64_t least, uint64_t most,
                      uint64_t *ret_value)
{
    char expected[64], *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least ||
        value > most) {
        if (most == UINT64_MAX)
            snprintf(expected, sizeof(expected), "a whole number, %llu or more",
                     (unsigned long long)least);
        else
            snprintf(expected, sizeof(expected), "a whole number, %llu to %llu",
                     (unsigned long long)least, (unsigned long long)most);
        return wrong_value(option, text, expected);
    }
    *ret_value = value;
    return true;
}

bool parse_unsigned(const char *option, const char *text, unsigned least, unsigned most,
                    unsigned *ret_value)
{
    uint64_t value = 0;

    if (!parse_u64(option, text, least, most, &value))
        return false;
    *ret_value = (unsigned)value;
    return true;
}

bool parse_real(const char *option, const char *text, double least, double most, double *ret_value)
{
    char expected[64], *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value > 0 && value >= least && value <= most)) {
        if (least == 0)
            snprintf(expected, sizeof(expected), "a number above 0, up to %.0f", most);
        else
            snprintf(expected, sizeof(expected), "a number above 0: %g to %.0f", least, most);
        return wrong_value(option, text, expected);
    }
    *ret_value = value;
    return true;
}

bool parse_names(const char *option, char *text, unsigned most, const char *ret_names[],
                 unsigned *ret_n)
{
    char *rest = text;
    unsigned n = 0;

    for (char *name = strsep(&rest, ","); name != NULL; name = strsep(&rest, ",")) {
        if (name[0] == '\0')
            return wrong_value(option, "", "names with commas between them");
        if (n == most) {
            complain("--%s: at most %u names", option, most);
            return false;
        }
        ret_names[n++] = name;
    }
    *ret_n = n;
    return true;
}

/* "same, other or random" */
static void list_words(const char *const words[], char *text, size_t capacity)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; words[i] != NULL && at < capacity; i++) {
        const char *before = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";

        at += (size_t)snprintf(text + at, capacity - at, "%s%s", before, words[i]);
    }
}

static bool parse_word(const char *option, const char *text, const char *const words[],
                       unsigned *ret_index)
{
    char expected[128];

    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_index = i;
            return true;
        }
    }
    list_words(words, expected, sizeof(expected));
    return wrong_value(option, text, expected);
}

static bool save(const struct option_row *row, char *text, struct options *options)
{
    const struct option_value *value = &row->value;
    void *at = (char *)options + value->at;
    unsigned word;

    switch (value->type) {
    case OPTION_TYPE_FLAG:
        *(bool *)at = value->flag;
        return true;
    case OPTION_TYPE_TEXT:
        *(const char **)at = text;
        return true;
    case OPTION_TYPE_UNSIGNED:
        return parse_unsigned(row->name, text, (unsigned)value->whole.least,
                              (unsigned)value->whole.most, at);
    case OPTION_TYPE_U64:
        return parse_u64(row->name, text, value->whole.least, value->whole.most, at);
    case OPTION_TYPE_REAL:
        return parse_real(row->name, text, value->real.least, value->real.most, at);
    case OPTION_TYPE_WORD:
        return parse_word(row->name, text, value->words, at);
    case OPTION_TYPE_WORD_FLAG:
        if (!parse_word(row->name, text, value->words, &word))
            return false;
        *(bool *)at = word != 0;
        return true;
    case OPTION_TYPE_OTHER:
        return value->save(options, row, text);
    case OPTION_TYPE_HEADING:
    case OPTION_TYPE_ANSWER:
        break;
    }
    return false;
}

enum options_verdict option_parse(const struct option_table *table, int argc, char *argv[],
                                  struct options *options)
{
    const struct option_row *row;
    char *argument;
    bool wrong;

    while ((row = next(table, argc, argv, &argument, &wrong)) != NULL) {
        if (row->value.type == OPTION_TYPE_ANSWER) {
            row->value.answer();
            return OPTIONS_ANSWERED;
        }
        if (!save(row, argument, options))
            return OPTIONS_WRONG;
    }
    return wrong ? OPTIONS_WRONG : OPTIONS_RUN;
}
