/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "why.h"

#include "document.h"
#include "message.h"
#include "repeat.h"
#include "screen.h"
#include "stop.h"
#include "where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct look {
    json_t *answer; /* NULL: none yet */
    struct timespec began;
};

/* Adds what a pool of Labyrinth's counts by itself. */
static void add_counts(struct client *client, const struct options *options, json_t *answer)
{
    const char *driver = json_string_value(json_object_get(answer, "driver"));
    json_t *info, *holders;

    if (driver == NULL || strcmp(driver, "labyrinth") != 0)
        return;
    info = client_ask(client, "info", options->name);
    holders = client_ask(client, "holders", options->name);
    json_object_set(answer, "failed", json_object_get(json_object_get(info, "calls"), "get_fail"));
    json_object_set(answer, "most_held", json_object_get(info, "high_water"));
    json_object_set(answer, "recommended_size", json_object_get(holders, "recommended_size"));
    json_decref(info);
    json_decref(holders);
}

static bool take_look(struct client *client, const struct options *options, struct look *ret_look)
{
    clock_gettime(CLOCK_MONOTONIC, &ret_look->began);
    ret_look->answer = where_search(client, options);
    if (ret_look->answer != NULL)
        add_counts(client, options, ret_look->answer);
    return ret_look->answer != NULL;
}

static double seconds_between(struct timespec before, struct timespec now)
{
    return (double)(now.tv_sec - before.tv_sec) + (double)(now.tv_nsec - before.tv_nsec) / 1e9;
}

static bool print_json(struct client *client, const struct options *options, json_t *answer)
{
    json_t *document = document_new(client, options, json_incref(answer));
    bool done = json_dumpf(document, stdout, options->watch ? JSON_COMPACT : JSON_INDENT(2)) == 0 &&
                putchar('\n') != EOF && fflush(stdout) == 0;

    json_decref(document);
    return done;
}

static bool print_text(const struct options *options, json_t *answer)
{
    size_t bytes = 0;
    char *text = NULL;
    FILE *out = open_memstream(&text, &bytes);
    bool done = out != NULL;

    if (!done)
        return false;
    why_show(out, answer);
    done = fclose(out) == 0;
    if (done && options->watch && isatty(STDOUT_FILENO))
        screen_print_in_place(text);
    else
        done = done && screen_print(text) && (!options->watch || putchar('\n') != EOF);
    free(text);
    return done && fflush(stdout) == 0;
}

/* The first one is of two searches: a single one shows no change. */
static bool look_and_print(struct client *client, const struct options *options,
                           struct look *before)
{
    struct look now = {0};
    bool good = before->answer != NULL || take_look(client, options, before);

    if (!good || !take_look(client, options, &now))
        return false;
    why_judge(now.answer, before->answer, seconds_between(before->began, now.began));
    good =
        options->json ? print_json(client, options, now.answer) : print_text(options, now.answer);
    if (!good)
        complain("cannot write: %s", strerror(errno));
    json_decref(before->answer);
    *before = now;
    return good;
}

int why(struct client *client, const struct options *options)
{
    struct repeat repeat = {.interval_s = options->interval_s, .count = options->count};
    struct look before = {0};
    bool good;

    if (!options->watch)
        repeat.count = 1;
    else
        repeat_begin();
    if (options->watch && !options->json && isatty(STDOUT_FILENO))
        screen_clear();
    do {
        good = look_and_print(client, options, &before);
    } while (good && repeat_wait(&repeat));
    json_decref(before.answer);
    return good || stop_requested() != STOP_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
