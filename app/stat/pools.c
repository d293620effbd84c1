/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pools.h"

#include "listed.h"
#include "message.h"

#include <math.h>
#include <string.h>

/* Calls by the way they took, each a sum of the driver's counters. Those that never leave the
 * lcore's private part are not counted; a slow one may move hundreds of buffers for those that
 * follow.
 */
static const struct {
    const char *key;
    const char *counters[5];
} calls_of[] = {
    {"slow_gets/s", {"get_own", "get_steal", "get_stack", "get_revoke"}},
    {"steals/s", {"get_steal"}},
    {"slow_puts/s", {"put_publish", "put_stack"}},
    {"failed/s", {"get_fail"}},
};

#define N_CALLS (sizeof(calls_of) / sizeof(calls_of[0]))

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void add_calls(json_t *row, json_t *counters)
{
    for (size_t i = 0; i < N_CALLS; i++) {
        json_int_t sum = number(row, calls_of[i].key);

        for (size_t j = 0; j < 5 && calls_of[i].counters[j] != NULL; j++)
            sum += number(counters, calls_of[i].counters[j]);
        json_object_set_new(row, calls_of[i].key, json_integer(sum));
    }
}

/* The counters of all lcores together. A driver of old says no totals; it knows them as far as it
 * lists its lcores. */
static json_t *all_calls(json_t *info)
{
    json_t *calls = json_object_get(info, "calls"), *lcore, *counter;
    const char *key, *name;

    if (calls != NULL)
        return json_incref(calls);
    calls = json_object();
    json_object_foreach(json_object_get(info, "lcores"), key, lcore)
    {
        json_object_foreach(lcore, name, counter)
        {
            json_object_set_new(calls, name,
                                json_integer(number(calls, name) + json_integer_value(counter)));
        }
    }
    return calls;
}

/* A driver of old that leaves lcores out does not say how many gets failed. */
static json_t *failed_of(json_t *info, json_t *calls)
{
    if (json_object_get(info, "calls") == NULL && number(info, "lcores_left_out") > 0)
        return json_null();
    return json_integer(number(calls, "get_fail"));
}

/* The important columns come first: a terminal has little room. */
static json_t *pool_row(json_t *info, bool with_calls)
{
    json_int_t size = number(info, "size"), free = number(info, "free");
    json_t *row = json_object(), *calls = all_calls(info);

    json_object_set(row, "pool", json_object_get(info, "name"));
    json_object_set_new(row, "free", json_integer(free));
    if (with_calls)
        json_object_set_new(row, "failed/s", json_integer(0));
    else
        json_object_set_new(row, "failed", failed_of(info, calls));
    json_object_set_new(row, "size", json_integer(size));
    json_object_set_new(row, "held", json_integer(size - free));
    json_object_set_new(row, "most_held", json_integer(number(info, "high_water")));
    json_object_set_new(row, "cache", json_integer(number(info, "cache_size")));
    if (with_calls)
        add_calls(row, calls);
    json_decref(calls);
    return row;
}

/* An answer that is no pool's is no row of zeros, either. */
static bool is_of_a_pool(struct client *client, const json_t *info)
{
    static const char *const numbers[] = {"size", "free", "high_water", "cache_size"};
    bool is = json_is_string(json_object_get(info, "name"));

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        is &= json_is_integer(json_object_get(info, numbers[i]));
    if (!is) {
        complain("an answer to /labyrinth/info is none of a pool");
        client->is_damaged = true;
    }
    return is;
}

json_t *pools_rows(struct client *client, bool calls)
{
    json_t *names = client_ask(client, "list", NULL), *rows = json_array();
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        json_t *info = client_ask(client, "info", json_string_value(name));

        if (client->is_gone)
            break;
        if (info == NULL) /* freed since it was listed, or damaged */
            continue;
        if (!is_of_a_pool(client, info)) {
            json_decref(info);
            continue;
        }
        json_array_append_new(rows, pool_row(info, calls));
        json_decref(info);
    }
    if (names == NULL || client->is_gone) {
        json_decref(rows);
        rows = NULL;
    }
    json_decref(names);
    return rows;
}

json_t *pools_lcores(struct client *client, const char *name)
{
    json_t *info = client_ask(client, "info", name), *view, *rows, *row;
    size_t i;

    if (info == NULL)
        return NULL;
    view = pool_row(info, false);
    rows = listed_rows("lcore", json_object_get(info, "lcores"));
    json_array_foreach(rows, i, row)
    {
        json_t *brief = json_object();

        json_object_set(brief, "lcore", json_object_get(row, "lcore"));
        json_object_set_new(brief, "failed/s", json_integer(0));
        json_object_set(brief, "private", json_object_get(row, "private"));
        json_object_set(brief, "public", json_object_get(row, "public"));
        add_calls(brief, row);
        json_array_set_new(rows, i, brief);
    }
    json_object_set_new(view, "lcores", rows);
    if (number(info, "lcores_left_out") > 0)
        json_object_set(view, "lcores_left_out", json_object_get(info, "lcores_left_out"));
    json_decref(info);
    return view;
}

/* The row that begins with the same name. */
static json_t *same_row(json_t *rows, json_t *row)
{
    void *first = json_object_iter(row);
    const char *key = json_object_iter_key(first);
    json_t *other;
    size_t i;

    json_array_foreach(rows, i, other)
    {
        if (json_equal(json_object_get(other, key), json_object_iter_value(first)))
            return other;
    }
    return NULL;
}

void pools_rates(json_t *rows, json_t *before, double seconds)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        json_t *was = same_row(before, row);

        for (size_t c = 0; c < N_CALLS; c++) {
            const char *key = calls_of[c].key;
            json_t *rate = json_null();

            if (was != NULL && seconds > 0)
                rate =
                    json_integer(llround((double)(number(row, key) - number(was, key)) / seconds));
            json_object_set_new(row, key, rate);
        }
    }
}
