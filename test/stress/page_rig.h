/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef PAGE_RIG_H
#define PAGE_RIG_H

/* A zone or an arena in memory that processes share, and for each page who holds it. */

#include "stress.h"
#include <lab_page.h>
#include <lab_zone.h>

struct page_rig {
    struct lab_zone_part *part; /* the arena's, where there is one */
    struct lab_arena *arena;    /* or NULL */
    lab_atomic_t *owner;        /* one for each page, 0: nobody */
    uint64_t *plain; /* what its holder writes, 0: nobody; for ThreadSanitizer to watch */
    uint32_t pages;
};

/* An allocation. order may be LAB_PAGE_ORDERS: none. */
struct page_held {
    uint32_t page;
    unsigned order;
};

struct page_rig *page_rig_map(uint32_t blocks, uint32_t lcores);

/* The same with an arena, whose memory is never touched; `shared`: by processes. */
struct page_rig *page_rig_map_arena(uint32_t blocks, uint32_t lcores, bool shared);

/* The calls of either, with what random says where they differ. */
int page_rig_alloc(struct page_rig *rig, uint32_t lcore, unsigned order, uint64_t *random,
                   uint32_t *ret_page);
int page_rig_alloc_bulk(struct page_rig *rig, uint32_t lcore, unsigned order, uint64_t *random,
                        uint32_t *ret_pages, unsigned n, unsigned *ret_n);
int page_rig_free(struct page_rig *rig, uint32_t lcore, struct page_held held);
int page_rig_free_bulk(struct page_rig *rig, uint32_t lcore, unsigned order, const uint32_t *pages,
                       unsigned n, unsigned *ret_n);

/* `who` (not 0) now holds these pages; ends the process if anybody else does. */
void page_rig_mark(struct page_rig *rig, uint64_t who, struct page_held held);

/* And does no longer. */
void page_rig_unmark(struct page_rig *rig, uint64_t who, struct page_held held);

/* A random order: small ones mostly. */
unsigned page_rig_order(uint64_t *random);

/* Brings back what an actor that has ended had in transit, and in its deques. */
void page_rig_sweep(struct page_rig *rig, uint32_t dead);

/* Nobody is inside a call: every invariant holds, and all pages are free. */
void page_rig_expect_all_free(const struct page_rig *rig);

#endif
