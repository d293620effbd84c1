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

/* An array of objects: a row for each, a column for each key that one of them has, numbers to the
 * right. With `brief`, columns of nothing but zeros are named in a line below instead. */
void table_print(FILE *out, json_t *rows, bool brief);

#endif
