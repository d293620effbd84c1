/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "choice.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH 8192

static struct {
    unsigned short pick, count;
} path[PATH];
static unsigned length; /* choices on the path */
static unsigned depth;  /* choices made in this execution */
static unsigned bound, deviations;

void choice_start(unsigned max_deviations)
{
    bound = max_deviations;
    length = 0;
    choice_rewind();
}

unsigned choose(unsigned n_free, unsigned n_all)
{
    unsigned pick;

    if (deviations == bound && n_all > n_free)
        n_all = n_free;
    if (n_all == 1)
        return 0;
    if (depth == length) {
        if (length == PATH) {
            fprintf(stderr, "explorer: an execution with more than %d choices\n", PATH);
            abort();
        }
        path[length].pick = 0;
        path[length++].count = (unsigned short)n_all;
    }
    pick = path[depth++].pick;
    if (pick >= n_all) {
        fprintf(stderr, "explorer: this is not a path of this program\n");
        abort();
    }
    if (pick >= n_free)
        deviations++;
    return pick;
}

bool choice_next(void)
{
    length = depth;
    while (length > 0 && path[length - 1].pick + 1 == path[length - 1].count)
        length--;
    if (length == 0)
        return false;
    path[length - 1].pick++;
    choice_rewind();
    return true;
}

void choice_rewind(void)
{
    depth = 0;
    deviations = 0;
}

/* BOUND:SKIP.PICK,SKIP.PICK,... where SKIP counts the defaults before a pick. */
void choice_print(void)
{
    unsigned skip = 0;
    const char *separator = "";

    printf("%u:", bound);
    for (unsigned i = 0; i < depth; i++) {
        if (path[i].pick == 0) {
            skip++;
            continue;
        }
        printf("%s%u.%u", separator, skip, path[i].pick);
        separator = ",";
        skip = 0;
    }
}

bool choice_replay(const char *text)
{
    char *end;
    unsigned long skip, pick;

    choice_start((unsigned)strtoul(text, &end, 10));
    if (end == text || *end != ':')
        return false;
    while (*++end != '\0') {
        skip = strtoul(end, &end, 10);
        if (*end != '.' || length + skip >= PATH)
            return false;
        while (skip--)
            path[length++].pick = 0;
        pick = strtoul(end + 1, &end, 10);
        path[length].pick = path[length].count = (unsigned short)pick;
        length++;
        if (*end == '\0')
            break;
        if (*end != ',')
            return false;
    }
    return true;
}
