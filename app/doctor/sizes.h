/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_SIZES_H
#define DOCTOR_SIZES_H

#include "tree.h"

#include <stdbool.h>

/* Huge pages, as /sys counts them. */

#define SIZES_MAX 64 /* nodes times sizes */

struct huge_size {
    int node; /* -1: the kernel knows no nodes */
    uint64_t page_kib;
    int64_t total, free, surplus;
};

struct huge_sizes {
    struct huge_size sizes[SIZES_MAX];
    size_t n;
    int error; /* -errno of one of the files, or 0 */
};

/* Every size on every node, also where there are no pages. */
void sizes_read(const struct tree *tree, struct huge_sizes *ret_sizes);

/* Pages on a node (node < 0: on all) of a size (page_kib 0: of all sizes); free ones alone? */
int64_t sizes_pages(const struct huge_sizes *sizes, int node, uint64_t page_kib, bool free_alone);

/* "2 MiB", "1 GiB". */
const char *sizes_name(uint64_t page_kib);

/* The name that hugeadm has for it: "2MB", "1GB". */
const char *sizes_hugeadm(uint64_t page_kib);

#endif
