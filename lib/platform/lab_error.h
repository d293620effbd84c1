/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ERROR_H
#define LAB_ERROR_H

/** @file
 * Errors, in words. */

#include <lab_common.h>

/** The reason why something failed. The library never prints: it fills in one of these, if the
 * caller gave one, and returns the code. */
struct lab_error {
    int code;          /**< 0, or a negative errno */
    char message[256]; /**< one sentence: what was short, and the command that fixes it */
};

/** Fills in *error (which may be NULL) in the manner of printf(3), and returns the code. So a
 * failing function can end in `return lab_error_set(error, -ENOMEM, "needs %zu more", n)`.
 *
 * @return code
 * @threads Any thread. It is not async-signal-safe. */
LAB_PUBLIC int lab_error_set(struct lab_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
