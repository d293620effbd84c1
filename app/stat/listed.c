/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "listed.h"

#include <stdbool.h>
#include <string.h>

json_t *listed_rows(const char *title, json_t *objects)
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

/* An empty one is a list of nothing: telemetry's answers have no other empty objects. */
static bool is_list(json_t *value)
{
    json_t *item;
    const char *key;

    json_object_foreach(value, key, item)
    {
        if (!json_is_object(item))
            return false;
    }
    return json_is_object(value);
}

json_t *listed(json_t *answer)
{
    json_t *copy, *item;
    const char *key;

    if (!json_is_object(answer))
        return json_deep_copy(answer);
    if (is_list(answer))
        return listed_rows("name", answer);
    copy = json_object();
    json_object_foreach(answer, key, item)
    {
        if (strcmp(key, "lcores") == 0 && is_list(item))
            json_object_set_new(copy, key, listed_rows("lcore", item));
        else
            json_object_set_new(copy, key, listed(item));
    }
    return copy;
}
