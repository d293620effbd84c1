/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t memory_limit_bytes(void)
{
    uint64_t kib, limit = 0;
    char line[128];
    FILE *meminfo = fopen("/proc/meminfo", "re");

    if (meminfo == NULL)
        return 0;
    while (fgets(line, sizeof(line), meminfo) != NULL) {
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
            limit = kib * 1024 / 10 * 8;
    }
    fclose(meminfo);
    return limit;
}
