/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What LABYRINTH_OPTIONS may say to the driver. It is read when a pool is created. */

#include <errno.h>
#include <lab_options.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_options.h"

static int set_cache(void *into, const char *value)
{
    struct labyrinth_options *options = into;

    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return -EINVAL;
    options->no_cache = strcmp(value, "off") == 0;
    return 0;
}

static const struct lab_option known[] = {
    {"cache", "on|off", set_cache},
};

int labyrinth_options_read(struct labyrinth_options *ret_options, struct lab_error *error)
{
    struct labyrinth_options options = {0};
    int rc =
        lab_options_parse(getenv(LAB_OPTIONS_VARIABLE), known, RTE_DIM(known), &options, error);

    if (rc == 0)
        *ret_options = options;
    return rc;
}
