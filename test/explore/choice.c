/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH 8192u

/* The path. In an exploration all choices of an execution that have more than one option; in a
 * replay those that are not the default. */
static struct choice {
    unsigned place;
    char kind;
    unsigned char pick, count;
} path[PATH];
static unsigned length;

/* The current execution. */
static unsigned depth; /* of its choices on the path */
static unsigned place, deviations;

static unsigned bound;
static bool replaying;

static void begin_execution(void)
{
    depth = 0;
    place = 0;
    deviations = 0;
}

void choice_start(unsigned max_deviations)
{
    bound = max_deviations;
    replaying = false;
    length = 0;
    begin_execution();
}

bool choice_next(void)
{
    length = depth;
    while (length > 0 && path[length - 1].pick + 1 == path[length - 1].count)
        length--;
    if (length == 0)
        return false;
    path[length - 1].pick++;
    begin_execution();
    return true;
}

void choice_tick(void)
{
    place++;
}

static unsigned choose_replayed(char kind, unsigned n_all)
{
    const struct choice *c = &path[depth];

    if (depth == length || c->place != place || c->kind != kind)
        return 0;
    if (c->pick >= n_all) {
        fprintf(stderr, "explorer: that execution is not one of this program\n");
        exit(2);
    }
    depth++;
    return c->pick;
}

unsigned choose(char kind, unsigned n_free, unsigned n_all)
{
    unsigned pick;

    if (replaying)
        return choose_replayed(kind, n_all);
    if (deviations == bound && n_all > n_free)
        n_all = n_free;
    if (n_all == 1)
        return 0;
    if (depth == length) {
        if (length == PATH) {
            fprintf(stderr, "explorer: an execution with more than %u choices\n", PATH);
            abort();
        }
        path[length++] =
            (struct choice){.place = place, .kind = kind, .count = (unsigned char)n_all};
    }
    pick = path[depth++].pick;
    if (pick >= n_free)
        deviations++;
    return pick;
}

void choice_write(char *text, size_t bytes)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < depth && used < bytes; i++)
        if (path[i].pick != 0)
            used += (size_t)snprintf(text + used, bytes - used, "%s%u%c%u", used ? "," : "",
                                     path[i].place, path[i].kind, path[i].pick);
}

bool choice_replay(const char *text)
{
    int used = 0;

    choice_start(0);
    replaying = true;
    for (; *text != '\0' && length < PATH; text += used + (text[used] == ',')) {
        struct choice *c = &path[length++];

        if (sscanf(text, "%u%c%hhu%n", &c->place, &c->kind, &c->pick, &used) != 3)
            return false;
    }
    return true;
}

bool choice_replaying(void)
{
    return replaying;
}
