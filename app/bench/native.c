/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "getput.h"
#include "pattern.h"

/* Calls as a program makes them that is built with the allocator: the library's inline functions,
 * the mempool's with its inline cache in front, and malloc() and free() of general allocators. */

static inline unsigned library_get_all(const struct worker *worker, unsigned held, unsigned bulk)
{
    struct lab_pool *pool = worker->turn->contender->library;
    uint32_t lcore = worker->lcore;
    void **objects = worker->objects;
    unsigned n = 0;

    while (n + bulk <= held && lab_pool_get_bulk(pool, lcore, objects + n, bulk) == 0)
        n += bulk;
    return n;
}

static inline uint64_t work_library(struct worker *worker, unsigned bulk)
{
    const struct turn *turn = worker->turn;
    struct lab_pool *pool = turn->contender->library;
    uint32_t lcore = worker->lcore;
    void **objects = worker->objects;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n = library_get_all(worker, turn->setting->held, bulk);

        for (unsigned i = 0; i < n; i += bulk)
            lab_pool_put_bulk(pool, lcore, objects + i, bulk);
        ops += n;
    }
    return ops;
}

static inline uint64_t work_mempool(struct worker *worker, unsigned bulk)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n = get_all(pool, worker->objects, turn->setting->held, bulk);

        put_all(pool, worker->objects, n, bulk);
        ops += n;
    }
    return ops;
}

/* Has no bulk calls, so a burst is so many single ones. */
static uint64_t work_malloc(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    const struct contender *contender = turn->contender;
    unsigned held = turn->setting->held;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        for (unsigned i = 0; i < held; i++)
            worker->objects[i] = contender->malloc.get(CONTENDER_BUFFER_BYTES);
        for (unsigned i = 0; i < held; i++)
            contender->malloc.put(worker->objects[i]);
        ops += held;
    }
    return ops;
}

static inline uint64_t work(struct worker *worker, unsigned bulk)
{
    switch (worker->turn->contender->kind) {
    case CONTENDER_LIBRARY:
        return work_library(worker, bulk);
    case CONTENDER_MEMPOOL:
        return work_mempool(worker, bulk);
    case CONTENDER_MALLOC:
        return work_malloc(worker);
    default:
        return 0;
    }
}

static uint64_t work_single(struct worker *worker)
{
    return work(worker, 1);
}

static uint64_t work_bulk(struct worker *worker)
{
    return work(worker, worker->turn->setting->bulk);
}

#define NATIVE_TAKES                                                                               \
    (CONTENDER_BIT(CONTENDER_MEMPOOL) | CONTENDER_BIT(CONTENDER_LIBRARY) |                         \
     CONTENDER_BIT(CONTENDER_MALLOC))

const struct pattern native_single = {
    .name = "native-single",
    .shows = "inline calls, one buffer each: the library, mempools with their cache, malloc()",
    .operation = "buffers got and put back",
    .bulk = LIST(1),
    .cache = LIST(256),
    .chunk_us = 50,
    .lcores = LIST(1),
    .bufs = LIST(8191),
    .held = 32,
    .takes = NATIVE_TAKES,
    .single = true,
    .work = work_single,
};

const struct pattern native_bulk = {
    .name = "native-bulk",
    .shows = "the same with bursts",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(256),
    .chunk_us = 50,
    .lcores = LIST(1),
    .bufs = LIST(8191),
    .takes = NATIVE_TAKES,
    .work = work_bulk,
};
