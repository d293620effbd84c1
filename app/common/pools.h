/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_POOLS_H
#define COMMON_POOLS_H

#include <rte_mempool.h>
#include <stdbool.h>
#include <stddef.h>

/* Mempools by the name of their driver. An error is said, with what fixes it. */

struct pool_spec {
    const char *name;
    const char *driver;
    unsigned n_mbufs;
    unsigned mbuf_size; /* bytes, with the headroom */
    unsigned cache;
    unsigned reserve; /* of these, for receive queues alone: labyrinth's only (lab_mbuf.h) */
    bool paged;       /* on pages of an arena of its own: labyrinth's only */
    bool plain;       /* objects of that size, and no mbufs */
    const char *cache_option;  /* the app's words for it: "mbcache" */
    const char *memory_advice; /* and options that lessen the memory needed */
};

/* Whether a driver of this name is registered. */
bool pools_has(const char *driver);

/* The same, and says why not; `option` named it. */
bool pools_know(const char *option, const char *driver);

/* The pool, or NULL. */
struct rte_mempool *pools_create(const struct pool_spec *spec);

/* Frees it, and its arena, if it has one. */
void pools_free(struct rte_mempool *pool);

/* Memory that a pool and its driver take on pages of this size, rather too much than too little. */
size_t pools_bytes(unsigned n_mbufs, unsigned mbuf_size, size_t page_bytes);

#endif
