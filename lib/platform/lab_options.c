/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_options.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All words in a message, which has no room for their values too. */
static int reject_word(const char *item, const struct lab_option known[], size_t n,
                       struct lab_error *error)
{
    char right[160] = "";
    size_t used = 0;

    for (size_t i = 0; i < n && used < sizeof(right); i++)
        used += (size_t)snprintf(right + used, sizeof(right) - used, "%s%s", i == 0 ? "" : ", ",
                                 known[i].word);
    return lab_error_set(error, -EINVAL, "%s: no such word \"%.32s\"; known: %s",
                         LAB_OPTIONS_VARIABLE, item, right);
}

static int parse_item(char *item, const struct lab_option known[], size_t n, void *options,
                      struct lab_error *error)
{
    char *equals = strchr(item, '=');
    size_t length = equals != NULL ? (size_t)(equals - item) : strlen(item);

    for (size_t i = 0; i < n; i++) {
        if (strncmp(known[i].word, item, length) != 0 || known[i].word[length] != '\0')
            continue;
        if (equals == NULL ||
            known[i].set((char *)options + known[i].at, equals + 1, known[i].values) != 0)
            return lab_error_set(error, -EINVAL, "%s: no such value \"%.32s\"; known: %s=%s",
                                 LAB_OPTIONS_VARIABLE, item, known[i].word, known[i].values);
        return 0;
    }
    return reject_word(item, known, n, error);
}

int lab_options_choice(const char *value, const char *values)
{
    for (int i = 0;; i++) {
        size_t length = strcspn(values, "|");

        if (strlen(value) == length && strncmp(value, values, length) == 0)
            return i;
        if (values[length] == '\0')
            return -1;
        values += length + 1;
    }
}

int lab_options_parse(const char *text, const struct lab_option known[], size_t n, void *options,
                      struct lab_error *error)
{
    char *copy, *rest, *item;
    int rc = 0;

    if (text == NULL)
        return 0;
    copy = rest = strdup(text);
    if (copy == NULL)
        return lab_error_set(error, -ENOMEM, "%s: no memory to read it", LAB_OPTIONS_VARIABLE);
    while (rc == 0 && (item = strsep(&rest, ":")) != NULL)
        if (*item != '\0')
            rc = parse_item(item, known, n, options, error);
    free(copy);
    return rc;
}
