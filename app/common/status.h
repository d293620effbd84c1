/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_STATUS_H
#define COMMON_STATUS_H

#include <errno.h>
#include <stdlib.h>

/* How apps report errors. A function returns 0 or -errno, and the reason has been said where it was
 * found (message.h); -EINVAL is for what the user can fix on the command line. Parsers of options
 * return false instead, and what makes something may return NULL. main() makes an exit status of
 * it, and nobody else. */

#define EXIT_USAGE 2 /* the command line is wrong */

static inline int exit_status(int rc)
{
    if (rc == 0)
        return EXIT_SUCCESS;
    return rc == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
}

#endif
