/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Reading the map of this process: its mappings, and then what the other files know of them. */

#include "where_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Reading a device can change it. Huge pages and shared memory lie there, too. */
static bool is_device(const char *path)
{
    if (begins(path, "/dev/"))
        return !begins(path, "/dev/huge") && !begins(path, "/dev/shm/") &&
               !begins(path, "/dev/zero");
    return begins(path, "/sys/") || begins(path, "/proc/") || begins(path, "anon_inode:");
}

static bool is_left_out(const char *path, uintptr_t start, const char *leave_out)
{
    char *end;

    if (leave_out == NULL || leave_out[0] == '\0')
        return false;
    if (path[0] != '\0' && strstr(path, leave_out) != NULL)
        return true;
    return strtoumax(leave_out, &end, 16) == start && *end == '\0';
}

static void take_line(struct where_map *map, const char *line, const char *leave_out)
{
    uintptr_t start, end;
    char rights[5];
    int at = 0;
    const char *path;
    size_t length;
    struct where_mapping *mapping;

    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %n", &start, &end, rights, &at) <
            3 ||
        at == 0 || rights[0] != 'r' || rights[1] != 'w')
        return;
    path = line + at;
    mapping = WHERE_MAP_ADD(map, mapping);
    if (mapping == NULL)
        return;
    length = strcspn(path, "\n");
    *mapping = (struct where_mapping){.at = {start, end}, .thread = WHERE_NO_THREAD};
    mapping->is_shared = rights[3] == 's';
    mapping->is_skipped = is_device(path) || is_left_out(path, start, leave_out);
    if (begins(path, "[heap]"))
        mapping->kind = WHERE_MAPPING_HEAP;
    else if (begins(path, "[stack]"))
        mapping->kind = WHERE_MAPPING_STACK;
    if (length >= sizeof(mapping->name)) {
        path += length - sizeof(mapping->name) + 1;
        length = sizeof(mapping->name) - 1;
    }
    memcpy(mapping->name, path, length);
    mapping->name[length] = '\0';
}

static bool read_mappings(struct where_map *map, const char *leave_out)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char line[4500];

    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL)
        take_line(map, line, leave_out);
    fclose(file);
    return map->mappings > 0;
}

bool where_map_read(struct where_map *ret_map, const char *leave_out)
{
    *ret_map = (struct where_map){.mappings = 0};
    if (!read_mappings(ret_map, leave_out))
        return false;
    where_map_read_modules(ret_map);
    where_map_read_threads(ret_map);
    where_map_read_dpdk(ret_map);
    where_map_read_heap(ret_map);
    where_map_read_queues(ret_map);
    return !ret_map->failed;
}
