/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_EAL_H
#define COMMON_EAL_H

#include "option.h"

#include <stddef.h>

/* The needs of an app from the EAL, where the user's own options for it say nothing. */
struct eal_request {
    struct eal_words user;
    const char *lcores; /* an argument for --lcores */

    /* Of importance only when the user gives none but devices. */
    size_t huge_bytes;         /* memory needed on huge pages */
    size_t ordinary_bytes;     /* the same on ordinary pages */
    const char *memory_advice; /* options that lessen it: "a smaller --bufs" */
};

/* Starts the EAL with the options given, and with our own where those say nothing: always the
 * lcores and, in a build tree, our plugin; when none are given, or devices alone, also memory.
 * 0 or -errno, and the reason has been said; -EINVAL where the user's options are wrong. */
int eal_start(const struct eal_request *request);

/* Ends the EAL. Where it had no options but devices, nothing of it is in the file system by then.
 */
void eal_stop(void);

#endif
