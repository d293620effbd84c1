/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "show.h"

#include "table.h"

#include <string.h>

static bool is_container(json_t *value)
{
    return json_is_object(value) || json_is_array(value);
}

static bool holds_objects_alone(json_t *value)
{
    json_t *item;
    const char *key;
    size_t i;

    json_array_foreach(value, i, item)
    {
        if (!json_is_object(item))
            return false;
    }
    json_object_foreach(value, key, item)
    {
        if (!json_is_object(item))
            return false;
    }
    return true;
}

json_t *show_rows(const char *title, json_t *objects)
{
    json_t *rows = json_array(), *object;
    const char *key;

    json_object_foreach(objects, key, object)
    {
        json_t *row = json_object();

        json_object_set_new(row, title, json_string(key));
        json_object_update(row, object);
        json_array_append_new(rows, row);
    }
    return rows;
}

static void show_single(FILE *out, json_t *object)
{
    json_t *value;
    const char *key;
    char text[512];
    int width = 0;

    json_object_foreach(object, key, value)
    {
        if (!is_container(value) && (int)strlen(key) > width)
            width = (int)strlen(key);
    }
    json_object_foreach(object, key, value)
    {
        if (is_container(value))
            continue;
        table_cell(value, text, sizeof(text));
        fprintf(out, "  %-*s  %s\n", width, key, text);
    }
}

static void show_list(FILE *out, json_t *array)
{
    json_t *item;
    char text[512];
    size_t i;

    json_array_foreach(array, i, item)
    {
        table_cell(item, text, sizeof(text));
        fprintf(out, "  %s\n", text);
    }
}

static void show_container(FILE *out, const char *title, json_t *value)
{
    json_t *rows;

    if (json_object_size(value) + json_array_size(value) == 0) {
        fprintf(out, "  none\n");
    } else if (!holds_objects_alone(value)) {
        if (json_is_array(value))
            show_list(out, value);
        else
            show(out, value);
    } else if (json_is_array(value)) {
        table_print(out, value, true);
    } else {
        rows = show_rows(title, value);
        table_print(out, rows, true);
        json_decref(rows);
    }
}

void show(FILE *out, json_t *answer)
{
    json_t *value;
    const char *key;

    if (!is_container(answer)) {
        char text[512];

        table_cell(answer, text, sizeof(text));
        fprintf(out, "  %s\n", text);
        return;
    }
    if (json_is_array(answer) || holds_objects_alone(answer)) {
        show_container(out, "name", answer);
        return;
    }
    show_single(out, answer);
    json_object_foreach(answer, key, value)
    {
        if (!is_container(value))
            continue;
        fprintf(out, "\n%s\n", key);
        show_container(out, "name", value);
    }
}
