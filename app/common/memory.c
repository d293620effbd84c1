/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "memory.h"

#include <inttypes.h>
#include <lab_os.h>
#include <stdio.h>

static struct {
    bool is_fixed;
    uint64_t bytes; /* UINT64_MAX: unknown */
    uint64_t taken;
} budget;

static uint64_t available_bytes(void)
{
    uint64_t kib, found = UINT64_MAX;
    char line[128];
    FILE *meminfo = fopen("/proc/meminfo", "re");

    if (meminfo == NULL)
        return found;
    while (fgets(line, sizeof(line), meminfo) != NULL) {
        if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
            found = kib * 1024;
    }
    fclose(meminfo);
    return found;
}

static void fix_budget(void)
{
    uint64_t bytes = available_bytes();
    struct lab_os_room room;

    if (lab_os_group_room(0, &room) == 0 && room.bytes < bytes)
        bytes = room.bytes;
    budget.bytes = bytes == UINT64_MAX ? bytes : bytes / 10 * 8;
    budget.is_fixed = true;
}

uint64_t memory_left(void)
{
    if (!budget.is_fixed)
        fix_budget();
    if (budget.bytes == UINT64_MAX)
        return UINT64_MAX;
    return budget.taken < budget.bytes ? budget.bytes - budget.taken : 0;
}

uint64_t memory_taken(void)
{
    return budget.taken;
}

bool memory_take(uint64_t bytes)
{
    if (bytes > memory_left())
        return false;
    budget.taken += bytes;
    return true;
}

void memory_give(uint64_t bytes)
{
    budget.taken -= bytes;
}
