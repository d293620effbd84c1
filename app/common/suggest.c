/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "suggest.h"

#include <limits.h>
#include <string.h>

/* Longer words than any name here: whoever types one did not mistype a name. */
#define WORD_MAX 40

/* Levenshtein: the insertions, deletions and replacements that turn one word into the other. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t length = strlen(b);

    for (size_t j = 0; j <= length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= length; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[length];
}

const char *suggest(const char *typed, const char *const names[], size_t n)
{
    const char *nearest = NULL;
    unsigned least = UINT_MAX;

    if (strlen(typed) > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(names[i]);
        unsigned d;

        if (length > WORD_MAX)
            continue;
        d = distance(typed, names[i]);
        /* A third of the word wrong is still a slip; more is another word. */
        if (d < least && d <= (1 + length) / 3) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}
