/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "dpdk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FOLDERS "/usr{,/local}/{lib,lib64,lib/*-linux-gnu}/dpdk/pmds-*"

size_t dpdk_find(const struct tree *tree, struct dpdk ret_dpdks[DPDK_MAX])
{
    glob_t folders;
    size_t n_found = tree_glob(tree, &folders, "", FOLDERS), n = 0;

    for (size_t i = 0; i < n_found && n < DPDK_MAX; i++) {
        struct dpdk *dpdk = &ret_dpdks[n];
        const char *folder = tree_match(tree, &folders, i);
        const char *libraries_end = strstr(folder, "/dpdk/pmds-");
        struct stat status;
        int rc;

        if (sscanf(libraries_end, "/dpdk/pmds-%u", &dpdk->abi) != 1)
            continue;
        snprintf(dpdk->folder, sizeof(dpdk->folder), "%s", folder);
        snprintf(dpdk->libraries, sizeof(dpdk->libraries), "%.*s", (int)(libraries_end - folder),
                 folder);
        rc = tree_stat(tree, &status, "%s/librte_eal.so.%u", dpdk->libraries, dpdk->abi);
        dpdk->present = rc != -ENOENT && rc != -ENOTDIR;
        n++;
    }
    globfree(&folders);
    return n;
}

bool dpdk_unsafe(const struct tree *tree, const char *path, char ret_unsafe[PATH_MAX])
{
    snprintf(ret_unsafe, PATH_MAX, "%s", path);
    for (;;) {
        char *slash = strrchr(ret_unsafe, '/');
        struct stat status;

        if (tree_stat(tree, &status, "%s", ret_unsafe) == 0 && (status.st_mode & S_IWOTH) != 0)
            return true;
        if (slash == NULL || slash == ret_unsafe)
            return false;
        *slash = '\0';
    }
}
