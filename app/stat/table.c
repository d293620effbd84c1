/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "table.h"

#include "message.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 48
#define CELL_BYTES 512
#define MARGIN "  "

struct column {
    const char *key;
    int width;
    bool is_text; /* else numbers, which are aligned at their ends */
    bool is_zero;
};

void table_cell(json_t *value, char *text, size_t capacity)
{
    char *dump;

    switch (value != NULL ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        snprintf(text, capacity, "%s",
                 json_string_length(value) > 0 ? json_string_value(value) : "''");
        message_disarm(text);
        break;
    case JSON_INTEGER:
        snprintf(text, capacity, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        snprintf(text, capacity, "%.2f", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(text, capacity, "%s", json_is_true(value) ? "yes" : "no");
        break;
    case JSON_NULL:
        snprintf(text, capacity, "-");
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
        dump = json_dumps(value, JSON_COMPACT);
        snprintf(text, capacity, "%s", dump != NULL ? dump : "");
        free(dump);
        break;
    }
}

static struct column *column_of(struct column columns[], unsigned *n, const char *key)
{
    for (unsigned i = 0; i < *n; i++) {
        if (strcmp(columns[i].key, key) == 0)
            return &columns[i];
    }
    if (*n == COLUMNS_MAX)
        return NULL;
    columns[*n] = (struct column){.key = key, .width = (int)strlen(key), .is_zero = true};
    return &columns[(*n)++];
}

static bool is_zero(json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) == 0;
}

/* Returns how many columns there are. */
static unsigned measure(json_t *rows, struct column columns[])
{
    json_t *row, *value;
    char text[CELL_BYTES];
    unsigned n = 0;
    const char *key;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        json_object_foreach(row, key, value)
        {
            struct column *column = column_of(columns, &n, key);
            int width;

            if (column == NULL)
                continue;
            table_cell(value, text, sizeof(text));
            width = (int)strlen(text);
            column->width = width > column->width ? width : column->width;
            column->is_text |= !json_is_number(value) && !json_is_null(value);
            column->is_zero &= is_zero(value);
        }
    }
    return n;
}

static void print_cell(FILE *out, const struct column *column, const char *text, bool last)
{
    if (!column->is_text)
        fprintf(out, MARGIN "%*s", column->width, text);
    else
        fprintf(out, MARGIN "%-*s", last ? 0 : column->width, text);
}

static void print_zeros(FILE *out, const struct column columns[], unsigned n)
{
    const char *before = MARGIN "all 0: ";

    for (unsigned i = 0; i < n; i++) {
        if (!columns[i].is_zero)
            continue;
        fprintf(out, "%s%s", before, columns[i].key);
        before = ", ";
    }
    if (before[0] == ',')
        fputc('\n', out);
}

void table_print(FILE *out, json_t *rows, bool brief)
{
    struct column columns[COLUMNS_MAX];
    unsigned n = measure(rows, columns);
    char text[CELL_BYTES];
    json_t *row;
    size_t i;

    for (unsigned c = 0; c < n; c++)
        columns[c].is_zero &= brief;
    for (unsigned c = 0; c < n; c++) {
        if (!columns[c].is_zero)
            print_cell(out, &columns[c], columns[c].key, c + 1 == n);
    }
    fputc('\n', out);
    json_array_foreach(rows, i, row)
    {
        for (unsigned c = 0; c < n; c++) {
            if (columns[c].is_zero)
                continue;
            table_cell(json_object_get(row, columns[c].key), text, sizeof(text));
            print_cell(out, &columns[c], text, c + 1 == n);
        }
        fputc('\n', out);
    }
    print_zeros(out, columns, n);
}
