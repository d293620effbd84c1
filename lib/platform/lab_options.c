/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_options.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what was wrong, and what would have been right. */
static int reject(const char *what, const char *item, const struct lab_option known[], size_t n,
                  struct lab_error *error)
{
    char list[160] = "";
    size_t used = 0;

    for (size_t i = 0; i < n && used < sizeof(list); i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s=%s", i == 0 ? "" : ", ",
                                 known[i].word, known[i].values);
    return lab_error_set(error, -EINVAL, "%s: %s \"%.32s\"; known are: %s", LAB_OPTIONS_VARIABLE,
                         what, item, list);
}

static int parse_item(char *item, const struct lab_option known[], size_t n, void *options,
                      struct lab_error *error)
{
    char *equals = strchr(item, '=');
    size_t length = equals != NULL ? (size_t)(equals - item) : strlen(item);

    for (size_t i = 0; i < n; i++) {
        if (strncmp(known[i].word, item, length) != 0 || known[i].word[length] != '\0')
            continue;
        if (equals == NULL || known[i].set(options, equals + 1) != 0)
            return reject("no such value", item, known, n, error);
        return 0;
    }
    return reject("no such word", item, known, n, error);
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
