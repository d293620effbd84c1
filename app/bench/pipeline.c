/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "pattern.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>

/* Lcores in pairs: A gets and hands over through a ring with one producer and one consumer, B puts.
 * All buffers come back through the pool, from one lcore to the other. */

#define RING_ENTRIES 1024
#define BULK_MAX 512

struct pipe {
    struct rte_ring *ring;
    lab_atomic_t finished; /* A hands over no more */
};

static void close_pipes(struct pipe *pipes, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rte_ring_free(pipes[i].ring);
    free(pipes);
}

static int open_pipes(struct turn *turn)
{
    unsigned n = turn->setting->lcores / 2;
    struct pipe *pipes = calloc(n, sizeof(*pipes));

    if (pipes == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        char name[RTE_RING_NAMESIZE];

        snprintf(name, sizeof(name), "bench_%u", i);
        pipes[i].ring =
            rte_ring_create(name, RING_ENTRIES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
        if (pipes[i].ring == NULL) {
            close_pipes(pipes, n);
            return -ENOMEM;
        }
    }
    turn->state = pipes;
    return 0;
}

static void collect(struct turn *turn, double values[MEASURES])
{
    close_pipes(turn->state, turn->setting->lcores / 2);
}

/* The writes of a PMD on receive: the header's first line, and the NIC the first data line. */
static inline void receive(void *const objects[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct rte_mbuf *m = objects[i];
        volatile uint64_t *data;

        m->data_off = RTE_PKTMBUF_HEADROOM;
        rte_mbuf_refcnt_set(m, 1);
        m->nb_segs = 1;
        m->port = 0;
        m->ol_flags = 0;
        m->packet_type = RTE_PTYPE_L2_ETHER;
        m->pkt_len = 64;
        m->data_len = 64;
        m->vlan_tci = 0;
        m->hash.rss = i;
        data = rte_pktmbuf_mtod(m, volatile uint64_t *);
        for (unsigned j = 0; j < RTE_CACHE_LINE_SIZE / sizeof(*data); j++)
            data[j] = i;
    }
}

/* The reads of a program that looks at a packet and frees it: both of these, and the header's
 * second line, where `next` and `pool` are. */
static inline uint64_t look_at(void *const objects[], unsigned n)
{
    uint64_t seen = 0;

    for (unsigned i = 0; i < n; i++) {
        const struct rte_mbuf *m = objects[i];

        seen += m->data_len + *rte_pktmbuf_mtod(m, const volatile uint64_t *);
        seen += (uintptr_t) * (struct rte_mbuf *const volatile *)&m->next;
    }
    return seen;
}

static inline uint64_t produce(struct worker *worker, struct pipe *pipe, bool touched)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk;
    void *objects[BULK_MAX];

    while (!turn_is_over(worker)) {
        if (rte_mempool_get_bulk(pool, objects, bulk) != 0) {
            rte_pause();
            continue;
        }
        if (touched)
            receive(objects, bulk);
        while (rte_ring_sp_enqueue_bulk(pipe->ring, objects, bulk, NULL) == 0)
            rte_pause(); /* B empties the ring to the last, so this ends */
    }
    lab_store_release(&pipe->finished, 1); /* P1 pairs with P2 */
    return 0;
}

static inline uint64_t consume(struct worker *worker, struct pipe *pipe, bool touched)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk;
    void *objects[BULK_MAX];
    uint64_t ops = 0, seen = 0;
    bool last;

    do {
        unsigned n;

        /* Asked before the ring is looked at: what came before the end is in the ring then. */
        last = lab_load_acquire(&pipe->finished) != 0; /* P2 pairs with P1 */
        while ((n = rte_ring_sc_dequeue_burst(pipe->ring, objects, bulk, NULL)) > 0) {
            if (touched)
                seen += look_at(objects, n);
            rte_mempool_put_bulk(pool, objects, n);
            ops += n;
        }
        rte_pause();
    } while (!last);
    lab_store_relaxed(&pipe->finished, 0);      /* for the next time, which begins after this */
    lab_store_relaxed(&worker->progress, seen); /* so that the compiler lets B read */
    return ops;
}

static inline uint64_t work(struct worker *worker, bool touched)
{
    struct pipe *pipe = (struct pipe *)worker->turn->state + worker->index / 2;

    return worker->index % 2 == 0 ? produce(worker, pipe, touched) : consume(worker, pipe, touched);
}

static uint64_t work_untouched(struct worker *worker)
{
    return work(worker, false);
}

static uint64_t work_touched(struct worker *worker)
{
    return work(worker, true);
}

const struct pattern pipeline = {
    .name = "pipeline",
    .shows = "A gets, B puts: buffers always come back on another lcore; nobody looks into them",
    .operation = "buffers handed over",
    .bulk = LIST(32),
    .cache = LIST(0, 256),
    .chunk_us = 200,
    .lcores = LIST(2),
    .bufs = LIST(8191),
    .least = 2,
    .multiple = 2,
    .set_up = open_pipes,
    .collect = collect,
    .work = work_untouched,
};

const struct pattern pipeline_touched = {
    .name = "pipeline-touched",
    .shows = "the same, and A writes what a PMD writes on receive, and B reads it: cache misses",
    .operation = "buffers handed over",
    .bulk = LIST(32),
    .cache = LIST(256),
    .chunk_us = 5000, /* or the pools would drive each other's buffers out of the caches */
    .lcores = LIST(2),
    .bufs = LIST(8191, 32767, 65535, 200000),
    .touched = true,
    .least = 2,
    .multiple = 2,
    .set_up = open_pipes,
    .collect = collect,
    .work = work_touched,
};
