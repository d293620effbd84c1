/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "show.h"

#include "table.h"

#include <stdbool.h>
#include <string.h>

static const struct table_how whole = {.brief = false}, brief = {.brief = true};

static bool is_container(json_t *value)
{
    return json_is_object(value) || json_is_array(value);
}

static bool holds_containers(json_t *value)
{
    json_t *item;
    const char *key;
    size_t i;

    json_array_foreach(value, i, item)
    {
        if (is_container(item))
            return true;
    }
    json_object_foreach(value, key, item)
    {
        if (is_container(item))
            return true;
    }
    return false;
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
        fprintf(out, "%s%-*s  %s\n", table_margin(table_is_alarm(key, value)), width, key, text);
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

static void show_row(FILE *out, json_t *object)
{
    json_t *rows = json_array();

    json_array_append(rows, object);
    table_print(out, rows, &brief);
    json_decref(rows);
}

static void show_container(FILE *out, json_t *value)
{
    if (json_object_size(value) + json_array_size(value) == 0)
        fprintf(out, "  none\n");
    else if (json_is_object(value) && holds_containers(value))
        show(out, value);
    else if (json_is_object(value))
        show_row(out, value);
    else if (holds_containers(value))
        table_print(out, value, &brief);
    else
        show_list(out, value);
}

/* Where each call site is one group, the groups say nothing more. */
static bool is_said_already(json_t *answer, const char *key, json_t *value)
{
    return strcmp(key, "by_holder") == 0 &&
           json_array_size(value) == json_array_size(json_object_get(answer, "by_call_site"));
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
    if (json_is_array(answer) && json_array_size(answer) > 0 && holds_containers(answer)) {
        table_print(out, answer, &whole); /* the list was asked for, with all that it has */
        return;
    }
    if (json_is_array(answer)) {
        show_container(out, answer);
        return;
    }
    show_single(out, answer);
    json_object_foreach(answer, key, value)
    {
        if (!is_container(value) || is_said_already(answer, key, value))
            continue;
        fprintf(out, "\n%s\n", key);
        show_container(out, value);
    }
}
