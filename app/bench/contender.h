/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include "buddy.h"

#include <lab_page.h>
#include <lab_pool.h>
#include <lab_zone.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stddef.h>

/* The contenders whose speed is measured: mempools by the name of their driver; for the native
 * patterns also the library's own pools and general allocators; for the page patterns all that have
 * pages. */

#define CONTENDERS_MAX 24

/* Data room of a buffer, with its headroom: DPDK's default, RTE_MBUF_DEFAULT_BUF_SIZE. */
#define CONTENDER_MBUF_SIZE RTE_MBUF_DEFAULT_BUF_SIZE

/* All of one. */
#define CONTENDER_BUFFER_BYTES (sizeof(struct rte_mbuf) + CONTENDER_MBUF_SIZE)

enum contender_kind {
    CONTENDER_MEMPOOL, /* "labyrinth", "ring_mp_mc"... */
    CONTENDER_LIBRARY, /* "liblabyrinth": lab_pool_create(), no DPDK between */
    CONTENDER_RECEIVE, /* "lab_receive": its cursors, and rings that it fills */
    CONTENDER_MALLOC,  /* "mimalloc", "jemalloc" */
    CONTENDER_PAGE,    /* "lab_page": the library's page allocator, every order through deques */
    CONTENDER_ZONE,    /* "lab_zone": what lies below that: no deques, no marks */
    CONTENDER_SYSTEM,  /* "rte_malloc", "mmap" */
    CONTENDER_BUDDY,   /* "buddy": see buddy.h */
};

/* Sets of kinds. */
#define CONTENDER_BIT(kind) (1u << (kind))

#define CONTENDER_PAGE_BYTES LAB_PAGE_BYTES

/* The most that a contender without a limit of its own may be asked to hold in the page patterns,
 * by all lcores together; and at most as much again before the first turn (see occupancy.h). */
#define CONTENDER_PAGES_HELD_BYTES ((size_t)128 << 20)

struct contender {
    const char *name;
    enum contender_kind kind;
    const struct contender_type *type; /* its row in the table of contender.c */
    struct rte_mempool *mempool;       /* of all these, the one of its kind */
    struct lab_pool *library;
    struct {
        void *(*get)(size_t bytes);
        void *(*get_aligned)(size_t alignment, size_t bytes);
        void (*put)(void *buffer);
    } malloc;
    struct {
        void *(*get)(size_t bytes); /* aligned to their number, if it can do that */
        void (*put)(void *pages, size_t bytes);
    } system;
    struct lab_arena *arena;
    struct lab_zone_part *part;
    struct lab_region home; /* what describes the pages of these two */
    void *addresses;        /* of the arena's pages: no memory is behind them */
    size_t addresses_bytes;
    struct buddy *buddy;
};

/* All that are measured when --pools says nothing, ours first. Returns how many. */
unsigned contender_defaults(const char *ret_names[CONTENDERS_MAX]);

enum contender_kind contender_kind(const char *name);

/* One of this project's, so no peer to be compared with. */
bool contender_is_ours(const char *name);

/* Whether there is one of this name in this program and this DPDK; to be called when the EAL has
 * started. contender_complain() says why not, with the names that there are. */
bool contender_exists(const char *name);
void contender_complain(const char *name);

/* Makes one, all of its buffers free; for page allocators `bufs` are pages, whole blocks of them.
 * `name` lives as long. Buffers that nobody touches are plain objects, others mbufs: a pool may
 * have a policy for these. False, and the reason said. */
bool contender_open(struct contender *ret_contender, const char *name, unsigned bufs,
                    unsigned cache, bool touched);
void contender_close(struct contender *contender);

/* The library's pool behind one of this project's; NULL behind all others. */
const struct lab_pool *contender_pool(const struct contender *contender);

/* Buffers that can no longer be had, when everybody has given back all they held. */
unsigned contender_missing(const struct contender *contender, unsigned bufs);

/* The same, and whether that is well: the losses of a peer are part of the result, but one of ours
 * that has lost any has a mistake, which is reported. */
bool contender_is_whole(const struct contender *contender, unsigned bufs, const char *pattern,
                        unsigned *ret_lost);

/* Memory of the EAL's that one takes on pages of this size. */
size_t contender_bytes(const char *name, unsigned bufs, size_t page_bytes);

#endif
