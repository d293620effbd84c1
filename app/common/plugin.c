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
static bool find_in_build_tree(char *path, size_t capacity)
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

/* The same of a place of which the EAL does not know. */
static bool find_installed(char *path, size_t capacity)
{
#ifdef LABYRINTH_PMD_DIR
    snprintf(path, capacity, "%s/" PLUGIN_NAME, LABYRINTH_PMD_DIR);
    return access(path, R_OK) == 0;
#else
    return false;
#endif
}

bool plugin_load(void)
{
    char path[PATH_MAX];

    if (!find_in_build_tree(path, sizeof(path)) && !find_installed(path, sizeof(path)))
        return true;
    if (dlopen(path, RTLD_NOW) != NULL)
        return true;
    complain("the plugin is there and does not load: %s: `labyrinth-doctor` looks at what it needs",
             dlerror());
    return false;
}
