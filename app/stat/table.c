/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "table.h"

#include "message.h"
#include "screen.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 48
#define CELL_BYTES 512
#define MARGIN "  "

struct column {
    const char *key;
    int width;
    bool is_text; /* otherwise numbers, which are aligned at their ends */
    bool is_zero;
    bool has_room;
};

/* A zero of these is an answer, and not what nobody asked for. */
static const char *const answers[] = {"free",   "failed", "failed/s", "get_fail", "private",
                                      "public", "count",  "held",     "lost"};

static bool is_answer(const char *key)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (strcmp(key, answers[i]) == 0)
            return true;
    }
    return false;
}

bool table_is_alarm(const char *key, json_t *value)
{
    return strcmp(key, "free") == 0 && json_is_integer(value) && json_integer_value(value) == 0;
}

const char *table_margin(bool alarm)
{
    static const char mark[] = {SCREEN_ALARM, ' ', '\0'};

    return alarm ? mark : MARGIN;
}

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

/* Takes columns from the left, as long as there is room, and those that are narrow enough for what
 * is left of it. A name that has more than half of the room is cut. */
static void fit(struct column columns[], unsigned n, const struct table_how *how)
{
    int used = 0;

    for (unsigned c = 0; c < n; c++) {
        struct column *column = &columns[c];

        column->is_zero &= how->brief && !is_answer(column->key);
        if (c == 0 && how->columns > 0 && column->width > how->columns / 2)
            column->width = how->columns / 2;
        column->has_room =
            !column->is_zero &&
            (how->columns == 0 || used + (int)strlen(MARGIN) + column->width <= how->columns);
        if (column->has_room)
            used += (int)strlen(MARGIN) + column->width;
    }
}

static void print_cell(FILE *out, const struct column *column, const char *text, bool last)
{
    int length = (int)strlen(text);

    if (length > column->width)
        fprintf(out, "%.*s~", column->width - 1, text);
    else if (!column->is_text)
        fprintf(out, "%*s", column->width, text);
    else
        fprintf(out, "%-*s", last ? 0 : column->width, text);
}

/* A row, or (NULL) the head. */
static void print_row(FILE *out, const struct column columns[], unsigned n, json_t *row)
{
    const char *margin =
        table_margin(row != NULL && table_is_alarm("free", json_object_get(row, "free")));
    char text[CELL_BYTES];

    for (unsigned c = 0; c < n; c++) {
        if (!columns[c].has_room)
            continue;
        if (row != NULL)
            table_cell(json_object_get(row, columns[c].key), text, sizeof(text));
        fputs(margin, out);
        print_cell(out, &columns[c], row != NULL ? text : columns[c].key, c + 1 == n);
        margin = MARGIN;
    }
    fputc('\n', out);
}

/* The keys of columns that are not there, for one of the two reasons. */
static void print_missing(FILE *out, const struct column columns[], unsigned n, bool zero)
{
    const char *before = zero ? "all 0: " : "no room for: ";
    unsigned found = 0;

    for (unsigned c = 0; c < n; c++) {
        if (columns[c].has_room || columns[c].is_zero != zero)
            continue;
        fprintf(out, "%s%s%s", found++ == 0 ? MARGIN : "", before, columns[c].key);
        before = ", ";
    }
    if (found > 0)
        fputc('\n', out);
}

void table_print(FILE *out, json_t *rows, const struct table_how *how)
{
    struct column columns[COLUMNS_MAX];
    unsigned n = measure(rows, columns), shown = 0;
    json_t *row;
    size_t i;

    fit(columns, n, how);
    for (unsigned c = 0; c < n; c++)
        shown += columns[c].has_room;
    if (shown > 0) {
        print_row(out, columns, n, NULL);
        json_array_foreach(rows, i, row)
        {
            print_row(out, columns, n, row);
        }
    }
    print_missing(out, columns, n, true);
    print_missing(out, columns, n, false);
}
