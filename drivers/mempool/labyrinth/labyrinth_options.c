/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* What LABYRINTH_OPTIONS may say to the driver. It is read when a pool is created. */

#include <errno.h>
#include <lab_options.h>
#include <stdlib.h>
#include <string.h>

#include "labyrinth_options.h"

static int set_off(bool *ret_off, const char *value)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return -EINVAL;
    *ret_off = strcmp(value, "off") == 0;
    return 0;
}

static int set_cache(void *into, const char *value)
{
    return set_off(&((struct labyrinth_options *)into)->no_cache, value);
}

static int set_claim(void *into, const char *value)
{
    return set_off(&((struct labyrinth_options *)into)->no_claim, value);
}

static const struct lab_option known[] = {
    {"cache", "on|off", set_cache},
    {"claim", "on|off", set_claim},
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
