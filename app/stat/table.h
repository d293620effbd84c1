/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef STAT_TABLE_H
#define STAT_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Makes text of a table's cell. Numbers as they are, true as yes, null as "-", an empty text as a
 * shell has it: ''. */
void table_cell(json_t *value, char *text, size_t capacity);

/* Whether a value is an alarm: nothing is free. And the margin of its line (screen.h). */
bool table_is_alarm(const char *key, json_t *value);
const char *table_margin(bool alarm);

struct table_how {
    bool brief;  /* columns of nothing but zeros, which are no answer, are named in a line below */
    int columns; /* characters in a line: what has no room is named below, too; 0: as many as it
                    takes */
};

/* An array of objects: a row for each, a column for each key that one of them has, numbers to the
 * right. */
void table_print(FILE *out, json_t *rows, const struct table_how *how);

#endif
