/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "memory.h"

#include <inttypes.h>
#include <limits.h>
#include <rte_common.h>
#include <stdio.h>
#include <string.h>

#define MOUNTED "/sys/fs/cgroup"

/* The limit of a control group; there is none in files that say "max", or that are missing. */
static uint64_t read_limit(const char *path)
{
    FILE *file = fopen(path, "re");
    uint64_t bytes;

    if (file == NULL)
        return UINT64_MAX;
    if (fscanf(file, "%" SCNu64, &bytes) != 1)
        bytes = UINT64_MAX;
    fclose(file);
    return bytes;
}

/* The least limit from a group up to the topmost: in a container that may be its own, while the
 * path is one that only the host knows. */
static uint64_t least_limit(const char *root, char *group, const char *name)
{
    uint64_t least = UINT64_MAX;
    char path[PATH_MAX];

    for (;;) {
        char *slash = strrchr(group, '/');

        snprintf(path, sizeof(path), "%s%s/%s", root, group, name);
        least = RTE_MIN(least, read_limit(path));
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

/* Lines of "number:controllers:/group", without a controller in version 2. */
static uint64_t group_limit_bytes(void)
{
    uint64_t least = UINT64_MAX;
    char line[PATH_MAX];
    FILE *groups = fopen("/proc/self/cgroup", "re");

    if (groups == NULL)
        return least;
    while (fgets(line, sizeof(line), groups) != NULL) {
        char *group = strchr(line, '/');

        line[strcspn(line, "\n")] = '\0';
        if (group == NULL)
            continue;
        if (strncmp(line, "0::", 3) == 0)
            least = RTE_MIN(least, least_limit(MOUNTED, group, "memory.max"));
        else if (strstr(line, ":memory:/") != NULL)
            least = RTE_MIN(least, least_limit(MOUNTED "/memory", group, "memory.limit_in_bytes"));
    }
    fclose(groups);
    return least;
}

uint64_t memory_limit_bytes(void)
{
    uint64_t kib, limit = 0;
    char line[128];
    FILE *meminfo = fopen("/proc/meminfo", "re");

    if (meminfo == NULL)
        return 0;
    while (fgets(line, sizeof(line), meminfo) != NULL) {
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
            limit = RTE_MIN(kib * 1024, group_limit_bytes()) / 10 * 8;
    }
    fclose(meminfo);
    return limit;
}
