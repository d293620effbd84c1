/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "duration.h"

#include <stdio.h>

const char *duration_format(double ns, char text[DURATION_BYTES])
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    unsigned i = 0;

    /* A figure that three digits would round up to 1000 is 1 of the next unit. */
    for (; i < 3 && ns >= 999.5; i++)
        ns /= 1000;
    snprintf(text, DURATION_BYTES, ns < 999.5 ? "%.3g %s" : "%.0f %s", ns, units[i]);
    return text;
}
