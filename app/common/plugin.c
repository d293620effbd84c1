/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "plugin.h"

#include "message.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Writes the path; false when this is no build tree. */
static bool find(char *path, size_t capacity)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;
    int n;

    if (length < 0)
        return false;
    self[length] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    n = snprintf(path, capacity, "%s/../../drivers/mempool/labyrinth/" PLUGIN_NAME, self);
    return n > 0 && (size_t)n < capacity && access(path, R_OK) == 0;
}

bool plugin_load_from_build_tree(void)
{
    char path[PATH_MAX];

    if (!find(path, sizeof(path)) || dlopen(path, RTLD_NOW) != NULL)
        return true;
    complain("%s", dlerror());
    return false;
}
