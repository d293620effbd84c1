/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "sizes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NODES "/sys/devices/system/node/node[0-9]*/hugepages/hugepages-*kB"
#define MACHINE "/sys/kernel/mm/hugepages/hugepages-*kB"

static int64_t number_in(const struct tree *tree, const char *folder, const char *name, int *error)
{
    int64_t number = 0;
    int rc = tree_number(tree, &number, "%s/%s", folder, name);

    if (rc != 0)
        *error = rc;
    return number;
}

static void read_size(const struct tree *tree, const char *folder, struct huge_size *ret_size,
                      int *error)
{
    const char *node = strstr(folder, "/node/node");
    const char *size = strstr(folder, "hugepages-");

    *ret_size = (struct huge_size){
        .node = -1,
        .total = number_in(tree, folder, "nr_hugepages", error),
        .free = number_in(tree, folder, "free_hugepages", error),
        .surplus = number_in(tree, folder, "surplus_hugepages", error),
    };
    if (node != NULL)
        (void)sscanf(node, "/node/node%d", &ret_size->node);
    if (size != NULL)
        (void)sscanf(size, "hugepages-%" SCNu64, &ret_size->page_kib);
}

void sizes_read(const struct tree *tree, struct huge_sizes *ret_sizes)
{
    glob_t folders;
    size_t n = tree_glob(tree, &folders, "", NODES);

    ret_sizes->error = tree_glob_error();
    if (n == 0) {
        globfree(&folders);
        n = tree_glob(tree, &folders, "", MACHINE);
        ret_sizes->error = tree_glob_error();
    }
    ret_sizes->n = n < SIZES_MAX ? n : SIZES_MAX;
    for (size_t i = 0; i < ret_sizes->n; i++)
        read_size(tree, tree_match(tree, &folders, i), &ret_sizes->sizes[i], &ret_sizes->error);
    globfree(&folders);
}

int64_t sizes_pages(const struct huge_sizes *sizes, int node, uint64_t page_kib, bool free_alone)
{
    int64_t pages = 0;

    for (size_t i = 0; i < sizes->n; i++) {
        const struct huge_size *size = &sizes->sizes[i];

        if ((node < 0 || size->node == node) && (page_kib == 0 || size->page_kib == page_kib))
            pages += free_alone ? size->free : size->total;
    }
    return pages;
}

static const char *name(uint64_t page_kib, const char *mega, const char *giga)
{
    static char names[4][24]; /* several in one message */
    static unsigned turn;
    char *text = names[turn++ % 4];

    if (page_kib >= 1 << 20)
        snprintf(text, sizeof(names[0]), "%" PRIu64 "%s", page_kib >> 20, giga);
    else if (page_kib >= 1 << 10)
        snprintf(text, sizeof(names[0]), "%" PRIu64 "%s", page_kib >> 10, mega);
    else
        snprintf(text, sizeof(names[0]), "%" PRIu64 "K", page_kib);
    return text;
}

const char *sizes_name(uint64_t page_kib)
{
    return name(page_kib, " MiB", " GiB");
}

const char *sizes_hugeadm(uint64_t page_kib)
{
    return name(page_kib, "MB", "GB");
}
