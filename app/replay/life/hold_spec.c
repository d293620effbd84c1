/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/hold_spec.h"

#include "option.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [HOLD_FIXED] = "fixed",
    [HOLD_EXP] = "exp",
    [HOLD_FOREVER] = "forever",
};

static bool is_sensible(enum hold_kind kind, double amount)
{
    switch (kind) {
    case HOLD_FIXED:
        return amount >= 1 && amount <= 1e9 && amount == floor(amount);
    case HOLD_EXP:
        return amount >= 1 && amount <= 1e9;
    case HOLD_FOREVER:
        return amount > 0 && amount <= 1;
    default:
        return false;
    }
}

bool hold_parse(const char *text, struct hold_spec *ret_spec)
{
    for (enum hold_kind kind = HOLD_FIXED; kind <= HOLD_FOREVER; kind++) {
        size_t length = strlen(names[kind]);
        double amount;
        char *end;

        if (strncmp(text, names[kind], length) != 0 || text[length] != ':')
            continue;
        amount = strtod(text + length + 1, &end);
        if (end == text + length + 1 || *end != '\0' || !is_sensible(kind, amount))
            break;
        *ret_spec = (struct hold_spec){kind, amount};
        return true;
    }
    return wrong_value("hold", text,
                       "fixed:N or exp:MEAN, in packets, 1 to 1000000000, or forever:SHARE, "
                       "above 0 and up to 1");
}

void hold_format(const struct hold_spec *spec, char *text, size_t capacity)
{
    if (spec->kind == HOLD_NONE || spec->kind == HOLD_ALL)
        snprintf(text, capacity, "none");
    else
        snprintf(text, capacity, "%s:%.10g", names[spec->kind], spec->amount);
}

double hold_most(const struct hold_spec *spec, double frames)
{
    switch (spec->kind) {
    case HOLD_FIXED:
        return fmin(spec->amount, frames);
    case HOLD_EXP: /* as many as a Poisson distribution has, and eight deviations more */
        return fmin(spec->amount + 8 * sqrt(spec->amount), frames);
    case HOLD_FOREVER:
        return fmin(spec->amount * frames + 8 * sqrt(spec->amount * frames), frames);
    default:
        return 0;
    }
}
