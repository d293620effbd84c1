/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "getput.h"
#include "pattern.h"

/* Calls as a program makes them that is built with the allocator: the library's inline functions,
 * the mempool's with its inline cache in front, and malloc() and free() of general allocators.
 * Inline in any case: a burst that the program writes as a constant is to be one. */

static __rte_always_inline unsigned library_get_all(const struct worker *worker, unsigned held,
                                                    unsigned bulk)
{
    struct lab_pool *pool = worker->turn->contender->library;
    uint32_t lcore = worker->lcore;
    void **objects = worker->objects;
    unsigned n = 0;

    while (n + bulk <= held && lab_pool_get_bulk(pool, lcore, objects + n, bulk) == 0)
        n += bulk;
    return n;
}

static __rte_always_inline uint64_t work_library(struct worker *worker, unsigned bulk)
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

static uint64_t work_cursor(struct worker *worker)
{
    unsigned held = worker->turn->setting->held;
    struct lab_pool_cursor cursor;
    uint64_t ops = 0;

    lab_pool_cursor_open(&cursor, worker->turn->contender->library, worker->lcore);
    while (!turn_is_over(worker)) {
        unsigned n = 0;

        while (n < held && lab_pool_cursor_get(&cursor, &worker->objects[n]) == 0)
            n++;
        for (unsigned i = 0; i < n; i++)
            lab_pool_cursor_put(&cursor, worker->objects[i]);
        ops += n;
    }
    return ops;
}

static __rte_always_inline uint64_t work_mempool(struct worker *worker, unsigned bulk)
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

/* Has no bulk calls, so a burst is single calls. */
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

static __rte_always_inline uint64_t work(struct worker *worker, unsigned bulk)
{
    switch (worker->turn->contender->kind) {
    case CONTENDER_LIBRARY:
        return work_library(worker, bulk);
    case CONTENDER_MEMPOOL:
        return work_mempool(worker, bulk);
    case CONTENDER_RECEIVE:
        return work_cursor(worker);
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

/* Programs write their burst as a constant, and most write this one. */
static uint64_t work_bulk(struct worker *worker)
{
    unsigned bulk = worker->turn->setting->bulk;

    return bulk == 32 ? work(worker, 32) : work(worker, bulk);
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
    .takes = NATIVE_TAKES | CONTENDER_BIT(CONTENDER_RECEIVE),
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

/* A receive path: addresses of empty buffers go into a ring of descriptors, and what was received
 * comes back by these addresses. */

#define DESCRIPTORS 512u

struct descriptors {
    struct {
        uint64_t address, rest;
    } entry[DESCRIPTORS];
};

static bool refill(const struct worker *worker, struct descriptors *ring, uint32_t at, unsigned n)
{
    const struct contender *contender = worker->turn->contender;
    const struct lab_pool_ring view = {&ring->entry[0].address, DESCRIPTORS - 1,
                                       sizeof(ring->entry[0]) / sizeof(uint64_t), 0};
    int rc;

    if (contender->kind == CONTENDER_RECEIVE)
        return lab_pool_fill(contender->library, worker->lcore, &view, at, n) == 0;
    rc = contender->kind == CONTENDER_LIBRARY
             ? lab_pool_get_bulk(contender->library, worker->lcore, worker->objects, n)
             : rte_mempool_get_bulk(contender->mempool, worker->objects, n);
    for (unsigned i = 0; rc == 0 && i < n; i++)
        ring->entry[(at + i) % DESCRIPTORS].address = (uintptr_t)worker->objects[i];
    return rc == 0;
}

static void free_received(const struct worker *worker, const struct descriptors *ring, uint32_t at,
                          unsigned n)
{
    const struct contender *contender = worker->turn->contender;

    for (unsigned i = 0; i < n; i++)
        worker->objects[i] = (void *)(uintptr_t)ring->entry[(at + i) % DESCRIPTORS].address;
    if (contender->kind == CONTENDER_MEMPOOL)
        rte_mempool_put_bulk(contender->mempool, worker->objects, n);
    else
        (void)lab_pool_put_bulk(contender->library, worker->lcore, worker->objects, n);
}

static uint64_t work_ring(struct worker *worker)
{
    unsigned bulk = worker->turn->setting->bulk;
    struct descriptors ring;
    uint64_t ops = 0;

    for (uint32_t at = 0; !turn_is_over(worker); at += bulk) {
        if (!refill(worker, &ring, at, bulk))
            break;
        __asm__ volatile("" ::"r"(&ring) : "memory"); /* a device reads them, and writes */
        free_received(worker, &ring, at, bulk);
        ops += bulk;
    }
    return ops;
}

const struct pattern native_ring = {
    .name = "native-ring",
    .shows = "the same from and into a ring of descriptors of 16 bytes",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(256),
    .chunk_us = 50,
    .lcores = LIST(1),
    .bufs = LIST(8191),
    .takes = CONTENDER_BIT(CONTENDER_MEMPOOL) | CONTENDER_BIT(CONTENDER_LIBRARY) |
             CONTENDER_BIT(CONTENDER_RECEIVE),
    .work = work_ring,
};
