/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_SCQ_H
#define BENCH_SCQ_H

#include <rte_common.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A lock-free queue of indices, to be compared with: the scalable circular queue of Nikolaev, "A
 * Scalable, Portable, and Memory-Efficient Lock-Free FIFO Queue" (DISC 2019). A ring has twice as
 * many entries as it holds indices; a fetch-and-add gives out places, and one compare-and-swap of a
 * single word fills a place. Stronger than a lock-free stack, whose head all threads fight for.
 *
 * A queue for a pool has room for every index that there is, so that a put always succeeds. */

struct scq {
    _Atomic uint64_t head __rte_cache_aligned;     /* places given out to gets */
    _Atomic int64_t threshold __rte_cache_aligned; /* gets that may still find nothing before the
                                                      queue is empty; below 0: it is */
    _Atomic uint64_t tail __rte_cache_aligned;     /* places given out to puts */
    unsigned order __rte_cache_aligned;            /* the ring has 2^order entries */
    _Atomic uint64_t entries[] __rte_cache_aligned;
};

/* An empty queue for n indices of up to SCQ_INDEX_MAX, or NULL without memory. */
#define SCQ_INDEX_MAX (UINT32_MAX - 1)
struct scq *scq_create(uint32_t n);
void scq_destroy(struct scq *scq);

/* At most n indices may be in it. Any thread; lock-free. */
void scq_put(struct scq *scq, uint32_t index);

/* False: there was none. Any thread; lock-free. */
bool scq_get(struct scq *scq, uint32_t *ret_index);

/* While nobody works with it. */
uint32_t scq_count(const struct scq *scq);

#endif
