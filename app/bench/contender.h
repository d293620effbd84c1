/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include <lab_pool.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stddef.h>

/* Whose speed is measured: mempools by the name of their driver, and for the native patterns also
 * the library's own pools and general allocators. */

#define CONTENDERS_MAX 16

/* Data room of a buffer, with its headroom: DPDK's default, RTE_MBUF_DEFAULT_BUF_SIZE. */
#define CONTENDER_MBUF_SIZE RTE_MBUF_DEFAULT_BUF_SIZE

enum contender_kind {
    CONTENDER_MEMPOOL, /* "labyrinth", "ring_mp_mc"... */
    CONTENDER_LIBRARY, /* "liblabyrinth": lab_pool_create(), no DPDK between */
    CONTENDER_MALLOC,  /* "mimalloc", "jemalloc" */
};

struct contender {
    const char *name;
    enum contender_kind kind;
    struct rte_mempool *mempool; /* of the three, the one of its kind */
    struct lab_pool *library;
    struct {
        void *(*get)(size_t bytes);
        void (*put)(void *buffer);
    } malloc;
};

/* All that are measured when --pools says nothing, ours first. */
extern const char *const contender_defaults[];
extern const unsigned contender_n_defaults;

enum contender_kind contender_kind(const char *name);

/* One of this project's, so no peer to be compared with. */
bool contender_is_ours(const char *name);

/* Whether there is one of this name in this program and this DPDK; to be called when the EAL has
 * started. contender_complain() says why not, with the names that there are. */
bool contender_exists(const char *name);
void contender_complain(const char *name);

/* Makes one, all of its buffers free. `name` lives as long. Buffers that nobody touches are plain
 * objects, others mbufs: a pool may have a policy for these. False, and the reason said. */
bool contender_open(struct contender *ret_contender, const char *name, unsigned bufs,
                    unsigned cache, bool touched);
void contender_close(struct contender *contender);

/* Buffers that can no longer be had, when everybody has given back all they held. */
unsigned contender_missing(const struct contender *contender, unsigned bufs);

/* Memory that one takes on pages of this size. */
size_t contender_bytes(const char *name, unsigned bufs, size_t page_bytes);

#endif
