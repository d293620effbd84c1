/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "complete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE " \t\n"

/* The part of a word that is typed before the cursor. */
struct typed {
    const char *text;
    size_t length;
};

static bool begins(const struct typed *typed, const char *word)
{
    return strncmp(word, typed->text, typed->length) == 0;
}

/* Where an option takes one of some words, these; bash goes on from behind the "=". */
static void print_values(const struct option_table *table, const struct typed *typed,
                         const char *equals)
{
    const struct typed value = {equals + 1, typed->length - (size_t)(equals + 1 - typed->text)};
    size_t length = (size_t)(equals - typed->text) - 2;

    for (size_t i = 0; i < table->n; i++) {
        const struct option_row *row = &table->rows[i];

        if (row->name == NULL || strlen(row->name) != length ||
            strncmp(row->name, typed->text + 2, length) != 0 ||
            (row->value.type != OPTION_TYPE_WORD && row->value.type != OPTION_TYPE_WORD_FLAG))
            continue;
        for (const char *const *word = row->value.words; *word != NULL; word++) {
            if (begins(&value, *word))
                printf("%s \n", *word);
        }
    }
}

/* An option that takes an argument ends in "=", others in the space after them. */
static void print_options(const struct option_table *table, const struct typed *typed)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct option_row *row = &table->rows[i];
        char option[64];

        if (row->name == NULL)
            continue;
        snprintf(option, sizeof(option), "--%s", row->name);
        if (begins(typed, option))
            printf("%s%s\n", option, row->argument != NULL ? "=" : " ");
    }
}

/* A command stands once on a line. */
static bool is_on_line(const char *line, size_t end, const char *word)
{
    size_t length;

    for (size_t at = 0; at < end; at += length) {
        at += strspn(line + at, SPACE);
        length = strcspn(line + at, SPACE);
        if (at + length < end && strlen(word) == length && strncmp(line + at, word, length) == 0)
            return true;
    }
    return false;
}

static void print_commands(const char *const commands[], const struct typed *typed,
                           const char *line)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (is_on_line(line, (size_t)(typed->text - line), commands[i]))
            return;
    }
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (begins(typed, commands[i]))
            printf("%s \n", commands[i]);
    }
}

bool option_complete(const struct option_table *table, const char *const commands[])
{
    const char *line = getenv("COMP_LINE"), *point = getenv("COMP_POINT"), *equals;
    struct typed typed;
    size_t end;

    if (line == NULL || point == NULL)
        return false;
    end = strtoul(point, NULL, 10);
    if (end > strlen(line))
        end = strlen(line);
    typed.text = line + end;
    while (typed.text > line && strchr(SPACE, typed.text[-1]) == NULL)
        typed.text--;
    typed.length = (size_t)(line + end - typed.text);
    equals = memchr(typed.text, '=', typed.length);
    if (typed.length >= 2 && strncmp(typed.text, "--", 2) == 0 && equals != NULL)
        print_values(table, &typed, equals);
    else if (typed.length > 0 && typed.text[0] == '-')
        print_options(table, &typed);
    else if (commands != NULL)
        print_commands(commands, &typed, line);
    return true;
}
