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

/* The folder that this program lies in. */
static bool find_self(char *folder, size_t capacity)
{
    ssize_t length = readlink("/proc/self/exe", folder, capacity - 1);
    char *slash;

    if (length < 0)
        return false;
    folder[length] = '\0';
    slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* Writes the path; false when this is no build tree. */
static bool find_in_build_tree(const char *self, char *path, size_t capacity)
{
    int n = snprintf(path, capacity, "%s/../../drivers/mempool/labyrinth/" PLUGIN_NAME, self);

    return n > 0 && (size_t)n < capacity && access(path, R_OK) == 0;
}

/* The same of what was installed with this program, also below a folder (DESTDIR). */
static bool find_installed(const char *self, char *path, size_t capacity)
{
    size_t length = strlen(self), end = strlen(LABYRINTH_BIN_DIR);
    int n;

    if (length < end || strcmp(self + length - end, LABYRINTH_BIN_DIR) != 0)
        return false;
    n = snprintf(path, capacity, "%.*s" LABYRINTH_PMD_DIR "/" PLUGIN_NAME, (int)(length - end),
                 self);
    return n > 0 && (size_t)n < capacity && access(path, R_OK) == 0;
}

bool plugin_load(void)
{
    char self[PATH_MAX], path[PATH_MAX];

    if (!find_self(self, sizeof(self)) || (!find_in_build_tree(self, path, sizeof(path)) &&
                                           !find_installed(self, path, sizeof(path))))
        return true;
    if (dlopen(path, RTLD_NOW) != NULL)
        return true;
    complain("the plugin is there and does not load: %s: `labyrinth-doctor` looks at what it needs",
             dlerror());
    return false;
}
