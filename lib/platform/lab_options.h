/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <lab_common.h>
#include <lab_error.h>
#include <stddef.h>

/* Options for programs that nobody rebuilds, in the manner of the sanitizers': words with values,
 * separated by colons, in an environment variable. */

/* The variable that drivers look at. */
#define LAB_OPTIONS_VARIABLE "LABYRINTH_OPTIONS"

struct lab_option {
    const char *word;
    const char *values; /* as messages show them: "on|off", "N", "FILE" */
    size_t at;          /* where it is noted among the options */
    /* Notes the value there; -EINVAL for one that makes no sense. `values` are those above. */
    int (*set)(void *into, const char *value, const char *values);
};

/* The index of a value in a list "on|off", or -1. */
int lab_options_choice(const char *value, const char *values);

/* Reads "word=value:word=value" into *options, by the table of n known words. NULL and "" say
 * nothing, and the last of several values for a word counts.
 * Returns 0; -EINVAL for an unknown word or a value that makes no sense: *error (may be NULL) then
 * lists the words, or that word's values, and *options may have taken what stood before. -ENOMEM.
 * Set-up only; any thread. Example: drivers/mempool/labyrinth/labyrinth_options.c. */
int lab_options_parse(const char *text, const struct lab_option known[], size_t n, void *options,
                      struct lab_error *error) LAB_CHECKED;

#endif
