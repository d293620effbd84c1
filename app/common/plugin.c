/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "plugin.h"

#include "message.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* The folder, of PATH_MAX bytes, that this program lies in, also where there is no /proc. */
static bool find_self(char *folder)
{
    const char *executed = (const char *)(uintptr_t)getauxval(AT_EXECFN);
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    char *slash;

    if (length >= 0)
        folder[length] = '\0';
    else if (executed == NULL || realpath(executed, folder) == NULL)
        return false;
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

    if (!find_self(self) || (!find_in_build_tree(self, path, sizeof(path)) &&
                             !find_installed(self, path, sizeof(path))))
        return true;
    if (dlopen(path, RTLD_NOW) != NULL)
        return true;
    complain("the plugin is there and does not load: %s: `labyrinth-doctor` looks at what it needs",
             dlerror());
    return false;
}
