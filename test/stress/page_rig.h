/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef PAGE_RIG_H
#define PAGE_RIG_H

/* A zone in memory that processes share, and for each page who holds it. */

#include "stress.h"
#include <lab_zone.h>

struct page_rig {
    struct lab_zone *zone;
    lab_atomic_t *owner; /* one for each page, 0: nobody */
    uint64_t *plain;     /* what its holder writes, 0: nobody; for ThreadSanitizer to watch */
    uint32_t pages;
};

/* An allocation. order may be LAB_PAGE_ORDERS: none. */
struct page_held {
    uint32_t page;
    unsigned order;
};

struct page_rig *page_rig_map(uint32_t blocks, uint32_t lcores);

/* `who` (not 0) now holds these pages; ends the process if anybody else does. */
void page_rig_mark(struct page_rig *rig, uint64_t who, struct page_held held);

/* And does no longer. */
void page_rig_unmark(struct page_rig *rig, uint64_t who, struct page_held held);

/* A random order: small ones mostly. */
unsigned page_rig_order(uint64_t *random);

/* Nobody is inside a call: every invariant holds, and all pages are free. */
void page_rig_expect_all_free(const struct page_rig *rig);

#endif
