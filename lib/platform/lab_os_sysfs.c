/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* How much memory there is, as the kernel reports it in /proc and /sys, and how its files are read.
 */

#include <errno.h>
#include <fcntl.h>
#include <lab_os.h>
#include <lab_os_text.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NODES "/sys/devices/system/node"

int lab_os_read_text(int directory, const char *path, char *text, size_t size)
{
    int file = openat(directory, path, O_RDONLY | O_CLOEXEC), err = 0;
    ssize_t n;

    if (file < 0)
        return -errno;
    n = read(file, text, size - 1);
    if (n < 0)
        err = -errno;
    else
        text[n] = '\0';
    close(file);
    return err;
}

bool lab_os_number_behind(const char *text, const char *word, size_t *ret_number)
{
    const char *at = strstr(text, word);

    return at != NULL && sscanf(at + strlen(word), "%zu", ret_number) == 1;
}

int lab_os_read_number(int directory, const char *path, size_t *ret_number)
{
    char text[32];
    int err = lab_os_read_text(directory, path, text, sizeof(text));

    if (err)
        return err;
    return lab_os_number_behind(text, "", ret_number) ? 0 : -EIO;
}

/* A kernel without NUMA, or a container without /sys, knows no nodes: node 0 is the machine. */
static int known_node(int node)
{
    return node == 0 && access(NODES "/node0", F_OK) ? -1 : node;
}

static int read_hugepages(size_t page_bytes, int node, const char *which, size_t *ret_number)
{
    char place[64] = "/sys/kernel/mm", path[128];

    if (node >= 0)
        snprintf(place, sizeof(place), NODES "/node%d", node);
    snprintf(path, sizeof(path), "%s/hugepages/hugepages-%zukB/%s", place, page_bytes >> 10, which);
    return lab_os_read_number(AT_FDCWD, path, ret_number);
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

/* Lines such as "MemFree:  1234 kB" and "Node 0 Active(file):  1234 kB". */
int lab_os_memory(int node, size_t *ret_bytes)
{
    char path[64] = "/proc/meminfo", text[8192];
    size_t unused, active = 0, inactive = 0;
    int err;

    node = known_node(node);
    if (node >= 0)
        snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
    err = lab_os_read_text(AT_FDCWD, path, text, sizeof(text));
    if (err)
        return err;
    if (!lab_os_number_behind(text, "MemFree:", &unused))
        return -EIO;
    (void)lab_os_number_behind(text, "Active(file):", &active);
    (void)lab_os_number_behind(text, "Inactive(file):", &inactive);
    *ret_bytes = (unused + active + inactive) << 10;
    return 0;
}
