/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "hugepages.h"

#include <lab_os.h>
#include <lab_region.h>
#include <stdio.h>

size_t hugepages_free_bytes(void)
{
    static const size_t sizes[] = {LAB_PAGE_2M, LAB_PAGE_1G};
    size_t bytes = 0;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t n_free, n_total;

        if (lab_os_hugepages(sizes[i], -1, &n_free, &n_total) == 0)
            bytes += n_free * sizes[i];
    }
    return bytes;
}

bool hugepages_granted(size_t bytes, struct lab_error *error)
{
    struct lab_region_options options = {.bytes = bytes, .node = LAB_NODE_ANY};
    struct lab_region region;

    options.pages = LAB_PAGES_2M;
    if (lab_region_create(&options, &region, error) != 0) {
        options.pages = LAB_PAGES_1G;
        if (lab_region_create(&options, &region, NULL) != 0)
            return false;
    }
    (void)lab_region_destroy(&region);
    return true;
}

void hugepages_advice(char *text, size_t capacity, size_t missing_bytes)
{
    size_t n_free, n_total = 0;
    size_t missing = (missing_bytes + LAB_PAGE_2M - 1) / LAB_PAGE_2M;

    if (lab_os_hugepages(LAB_PAGE_2M, -1, &n_free, &n_total) != 0)
        n_total = 0;
    snprintf(text, capacity, "hugeadm --pool-pages-min 2MB:%zu", n_total + missing);
}
