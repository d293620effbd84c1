/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The command that uses what --find-size has found. */

#include "quote.h"
#include "report/report.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a word of the command line is this option, perhaps cut short, as getopt allows. */
static bool is_option(const char *word, const char *option, size_t least)
{
    size_t length = strcspn(word, "=");

    return length >= least && length <= strlen(option) && strncmp(word, option, length) == 0;
}

static void print_word(FILE *out, const char *word)
{
    size_t capacity = 4 * strlen(word) + 3;
    char *text = malloc(capacity);

    fprintf(out, " %s", text == NULL ? word : quote_word(word, text, capacity));
    free(text);
}

void report_print_smallest(FILE *out, const struct report *report)
{
    char *const *words = report->words;
    int first = 1;

    /* The words before "--" are the EAL's. */
    for (int i = 1; i < report->n_words; i++) {
        if (strcmp(words[i], "--") == 0) {
            first = i + 1;
            break;
        }
    }
    fprintf(out, "Smallest pool: %u buffers. Run it so:\n ", report->n_mbufs);
    for (int i = 0; i < report->n_words; i++) {
        if (i == first)
            fprintf(out, " --total-num-mbufs=%u", report->n_mbufs);
        if (i >= first && is_option(words[i], "--total-num-mbufs", sizeof("--to") - 1)) {
            i += strchr(words[i], '=') == NULL; /* and its argument */
            continue;
        }
        if (i < first || !is_option(words[i], "--find-size", sizeof("--fi") - 1))
            print_word(out, words[i]);
    }
    fputc('\n', out);
}
