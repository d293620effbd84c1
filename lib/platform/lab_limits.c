/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_limits.h>

int lab_limits_check(const char *kind, const char *name, const struct lab_limit limits[], size_t n,
                     struct lab_error *error)
{
    for (const struct lab_limit *limit = limits; limit < limits + n; limit++)
        if (limit->asked < limit->least || limit->asked > limit->most)
            return lab_error_set(error, -EINVAL, "%s %s: %s of %u asked for, %u to %u are possible",
                                 kind, name, limit->option, limit->asked, limit->least,
                                 limit->most);
    return 0;
}
