/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <lab_error.h>
#include <stdarg.h>
#include <stdio.h>

int lab_error_set(struct lab_error *error, int code, const char *format, ...)
{
    va_list arguments;

    if (!error)
        return code;
    error->code = code;
    va_start(arguments, format);
    /* A sentence cut short still says more than none. */
    (void)vsnprintf(error->message, sizeof(error->message), format, arguments);
    va_end(arguments);
    return code;
}
