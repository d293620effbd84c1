/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "sites.h"

#include "listed.h"

#include <stdbool.h>
#include <string.h>

static json_int_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static json_t *row_of(json_t *totals, json_t *site)
{
    json_t *row;
    size_t i;

    json_array_foreach(totals, i, row)
    {
        if (json_equal(json_object_get(row, "site"), site))
            return row;
    }
    return NULL;
}

static void add(json_t *totals, json_t *group)
{
    json_t *site = json_object_get(group, "site"), *row = row_of(totals, site);
    bool is_new = row == NULL;

    if (is_new) {
        row = json_object();
        json_array_append_new(totals, row);
    }
    json_object_set_new(row, "count", json_integer(number(row, "count") + number(group, "count")));
    json_object_set(row, "site", site);
    json_object_set_new(row, "groups", json_integer(number(row, "groups") + 1));
    if (is_new || number(group, "oldest_s") > number(row, "oldest_s"))
        json_object_set(row, "oldest_s", json_object_get(group, "oldest_s"));
    if (is_new || number(group, "youngest_s") < number(row, "youngest_s"))
        json_object_set(row, "youngest_s", json_object_get(group, "youngest_s"));
}

/* They are few, and nearly in order. */
static void sort(json_t *totals)
{
    for (size_t i = 1; i < json_array_size(totals); i++) {
        json_t *row = json_incref(json_array_get(totals, i));
        size_t to = i;

        while (to > 0 && number(json_array_get(totals, to - 1), "count") < number(row, "count"))
            to--;
        json_array_remove(totals, i);
        json_array_insert_new(totals, to, row);
    }
}

json_t *sites_totalled(json_t *answer)
{
    json_t *copy = listed(answer), *groups = json_object_get(copy, "by_call_site"), *group;
    json_t *totals = json_array();
    size_t i;

    if (!json_is_array(groups)) {
        json_decref(totals);
        return copy;
    }
    json_array_foreach(groups, i, group)
    {
        json_object_del(group, "name"); /* a number, the largest group first */
        add(totals, group);
    }
    sort(totals);
    json_object_set(copy, "by_holder", groups);
    json_object_set_new(copy, "by_call_site", totals);
    return copy;
}
