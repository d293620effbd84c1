/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "watch.h"

#include "document.h"
#include "message.h"
#include "pools.h"
#include "repeat.h"
#include "screen.h"
#include "show.h"
#include "table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct look {
    json_t *answer; /* rows, or an object with "lcores" */
    struct timespec when;
};

/* The part of an answer that has rates. */
static json_t *rows_of(json_t *answer)
{
    return json_is_object(answer) ? json_object_get(answer, "lcores") : answer;
}

static bool take_look(struct client *client, const struct options *options, struct look *ret_look)
{
    ret_look->answer =
        options->name != NULL ? pools_lcores(client, options->name) : pools_rows(client, true);
    clock_gettime(CLOCK_MONOTONIC, &ret_look->when);
    return ret_look->answer != NULL;
}

static double seconds_between(struct timespec before, struct timespec now)
{
    return (double)(now.tv_sec - before.tv_sec) + (double)(now.tv_nsec - before.tv_nsec) / 1e9;
}

static void print_head(FILE *out, const struct client *client, const struct options *options)
{
    time_t now = time(NULL);
    struct tm local;
    char clock[16];

    localtime_r(&now, &local);
    strftime(clock, sizeof(clock), "%H:%M:%S", &local);
    fprintf(out, "labyrinth pools of %s (pid %d), %s, every %g s\n\n",
            client->program[0] != '\0' ? client->program : "a process", client->pid, clock,
            options->interval_s);
}

/* Pools of which nothing is free come first: the screen may have no room for all. */
static json_t *alarms_first(json_t *rows)
{
    json_t *sorted = json_array(), *row;
    size_t i;

    for (int alarm = 1; alarm >= 0; alarm--) {
        json_array_foreach(rows, i, row)
        {
            if (table_is_alarm("free", json_object_get(row, "free")) == alarm)
                json_array_append(sorted, row);
        }
    }
    return sorted;
}

static void print_pools(FILE *out, json_t *pools, const struct table_how *how)
{
    json_t *sorted = alarms_first(pools);

    if (json_array_size(sorted) > 0)
        table_print(out, sorted, how);
    else
        fprintf(out, "  none\n");
    json_decref(sorted);
}

static void print_pool(FILE *out, json_t *pool, const struct table_how *how)
{
    json_t *left_out = json_object_get(pool, "lcores_left_out"), *single = json_copy(pool);

    json_object_del(single, "lcores");
    show(out, single);
    json_decref(single);
    if (json_array_size(rows_of(pool)) > 0) {
        fputc('\n', out);
        table_print(out, rows_of(pool), how);
    }
    if (left_out != NULL)
        fprintf(out, "  and %" JSON_INTEGER_FORMAT " more lcores\n", json_integer_value(left_out));
}

static bool print_json(struct client *client, const struct options *options,
                       const struct look *look)
{
    json_t *document = document_new(client, options, json_incref(look->answer));
    bool done = json_dumpf(document, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF &&
                fflush(stdout) == 0;

    json_decref(document);
    return done;
}

static bool print_look(struct client *client, const struct options *options,
                       const struct look *look, bool in_place)
{
    const struct table_how how = {.columns = screen_columns()};
    size_t bytes = 0;
    char *text = NULL;
    FILE *out;

    if (options->json)
        return print_json(client, options, look);
    out = open_memstream(&text, &bytes);
    if (out == NULL)
        return false;
    print_head(out, client, options);
    if (json_is_array(look->answer))
        print_pools(out, look->answer, &how);
    else
        print_pool(out, look->answer, &how);
    if (fclose(out) == 0 && in_place)
        screen_print_in_place(text);
    else if (text != NULL)
        printf("%s\n", text);
    free(text);
    return fflush(stdout) == 0;
}

int watch(struct client *client, const struct options *options)
{
    struct repeat repeat = {.interval_s = options->interval_s, .count = options->count};
    bool in_place = !options->json && isatty(STDOUT_FILENO), good;
    struct look before = {0}, now;

    repeat_begin();
    if (in_place)
        screen_clear();
    do {
        json_t *counts;

        good = take_look(client, options, &now);
        if (!good)
            break;
        counts = json_deep_copy(rows_of(now.answer));
        pools_rates(rows_of(now.answer), before.answer, seconds_between(before.when, now.when));
        good = print_look(client, options, &now, in_place);
        if (!good)
            complain("cannot write: %s", strerror(errno));
        json_decref(now.answer);
        json_decref(before.answer);
        before = (struct look){.answer = counts, .when = now.when};
    } while (good && repeat_wait(&repeat));
    json_decref(before.answer);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
