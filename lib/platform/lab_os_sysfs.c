/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How much memory there is, as the kernel reports it in /proc and /sys. */

#include <errno.h>
#include <lab_os.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NODES "/sys/devices/system/node"

/* A kernel without NUMA, or a container without /sys, knows no nodes: node 0 is the machine. */
static int known_node(int node)
{
    return node == 0 && access(NODES "/node0", F_OK) ? -1 : node;
}

static int read_number(const char *path, size_t *ret_number)
{
    FILE *file = fopen(path, "re");
    int err;

    if (!file)
        return -errno;
    err = fscanf(file, "%zu", ret_number) == 1 ? 0 : -EIO;
    fclose(file);
    return err;
}

static int read_hugepages(size_t page_bytes, int node, const char *which, size_t *ret_number)
{
    char path[PATH_MAX] = "/sys/kernel/mm";
    size_t used;

    if (node >= 0)
        snprintf(path, sizeof(path), NODES "/node%d", node);
    used = strlen(path);
    snprintf(path + used, sizeof(path) - used, "/hugepages/hugepages-%zukB/%s", page_bytes >> 10,
             which);
    return read_number(path, ret_number);
}

int lab_os_hugepages(size_t page_bytes, int node, size_t *ret_free, size_t *ret_total)
{
    size_t free_here, free_anywhere, promised, total;
    int err;

    node = known_node(node);
    err = read_hugepages(page_bytes, node, "nr_hugepages", &total);
    if (!err)
        err = read_hugepages(page_bytes, node, "free_hugepages", &free_here);
    /* Promises (mapped, not touched yet) are made for the whole machine, on no node. */
    if (!err)
        err = read_hugepages(page_bytes, -1, "free_hugepages", &free_anywhere);
    if (!err)
        err = read_hugepages(page_bytes, -1, "resv_hugepages", &promised);
    if (err)
        return err;
    free_anywhere -= promised < free_anywhere ? promised : free_anywhere;
    *ret_free = free_here < free_anywhere ? free_here : free_anywhere;
    *ret_total = total;
    return 0;
}

/* Whether a line such as "Node 0 MemFree:  1234 kB" speaks of memory that could be had. */
static bool is_available(const char *line)
{
    return strstr(line, "MemFree:") || strstr(line, "Active(file):") ||
           strstr(line, "Inactive(file):");
}

int lab_os_memory(int node, size_t *ret_bytes)
{
    char path[PATH_MAX] = "/proc/meminfo";
    char line[128];
    bool is_known = false;
    size_t sum = 0;
    FILE *file;

    node = known_node(node);
    if (node >= 0)
        snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
    file = fopen(path, "re");
    if (!file)
        return -errno;
    while (fgets(line, sizeof(line), file)) {
        size_t kib;

        if (!is_available(line) || sscanf(strchr(line, ':') + 1, "%zu", &kib) != 1)
            continue;
        is_known = true;
        sum += kib << 10;
    }
    fclose(file);
    if (!is_known)
        return -EIO;
    *ret_bytes = sum;
    return 0;
}
