/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/nicq.h"

#include <errno.h>
#include <rte_branch_prediction.h>
#include <rte_memcpy.h>
#include <stdlib.h>
#include <string.h>

/* The device's note on a descriptor: the bytes that it wrote, and whether they are a frame's last
 * ones. */
#define DONE_LAST (UINT32_C(1) << 31)

/* The word that a driver writes to the start of each header. */
static uint64_t rearm_word(void)
{
    struct rte_mbuf mbuf = {
        .data_off = RTE_PKTMBUF_HEADROOM,
        .refcnt = 1,
        .nb_segs = 1,
        .port = RTE_MBUF_PORT_INVALID,
    };
    uint64_t word;

    memcpy(&word, &mbuf.rearm_data, sizeof(word));
    return word;
}

int nicq_open(struct nicq *ret_queue, struct rte_mempool *pool, uint32_t size)
{
    struct nicq queue = {
        .pool = pool,
        .size = size,
        .room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM,
        .data_offset =
            (uint32_t)sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(pool) + RTE_PKTMBUF_HEADROOM,
        .rearm = rearm_word(),
        .mbufs = calloc(size, sizeof(*queue.mbufs)),
        .done = calloc(size, sizeof(*queue.done)),
    };

    if (queue.mbufs == NULL || queue.done == NULL) {
        free(queue.mbufs);
        free(queue.done);
        return -ENOMEM;
    }
    *ret_queue = queue;
    return 0;
}

void nicq_close(struct nicq *queue)
{
    for (; queue->received < queue->posted; queue->received++)
        rte_mbuf_raw_free(queue->mbufs[queue->received & (queue->size - 1)]);
    free(queue->mbufs);
    free(queue->done);
}

/* Small frames take a few moves that overlap in the middle; the C library knows best how to move
 * more on this CPU. */
static inline void copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
    if (n > 128 || n < 32) {
        memcpy(to, from, n);
    } else if (n <= 64) {
        rte_mov32(to, from);
        rte_mov32(to + n - 32, from + n - 32);
    } else {
        rte_mov64(to, from);
        rte_mov64(to + n - 64, from + n - 64);
    }
}

static inline uint8_t *data_of(const struct nicq *queue, uint32_t slot)
{
    return (uint8_t *)queue->mbufs[slot] + queue->data_offset;
}

/* A ring of 512 buffers does not stay in the first-level cache: they are asked for ahead of time.
 * The slot may never have been posted: its address is a number then, which a prefetch may name but
 * a pointer may not be reckoned from. */
#define PREFETCH 8

static inline void prefetch(const struct nicq *queue, uint32_t slot)
{
    uintptr_t mbuf = (uintptr_t)queue->mbufs[slot];

    __builtin_prefetch((const void *)mbuf, 1);
    __builtin_prefetch((const void *)(mbuf + queue->data_offset), 1);
}

/* A frame that is larger than a buffer. False when there are too few. */
static bool dma_chain(struct nicq *queue, const uint8_t *bytes, uint32_t n_bytes)
{
    uint64_t end = queue->filled + 1 + (n_bytes - 1) / queue->room;

    if (unlikely(end > queue->posted))
        return false;
    while (queue->filled != end) {
        uint32_t slot = queue->filled++ & (queue->size - 1);
        uint32_t part = RTE_MIN(n_bytes, queue->room);

        copy(data_of(queue, slot), bytes, part);
        bytes += part;
        n_bytes -= part;
        queue->done[slot] = part | (queue->filled == end ? DONE_LAST : 0);
    }
    return true;
}

unsigned nicq_dma(struct nicq *queue, const struct view frames[], unsigned n)
{
    /* The written memory might be the queue itself, as far as the compiler knows: it would load all
     * of it anew for each frame. */
    struct nicq q = *queue;
    unsigned i;

    for (i = 0; i < n; i++) {
        uint32_t n_bytes = frames[i].n_bytes, slot = q.filled & (q.size - 1);

        if (unlikely(n_bytes > q.room)) {
            if (!dma_chain(&q, frames[i].bytes, n_bytes))
                break;
            continue;
        }
        if (unlikely(q.filled == q.posted))
            break;
        prefetch(&q, (slot + PREFETCH) & (q.size - 1));
        copy(data_of(&q, slot), frames[i].bytes, n_bytes);
        q.done[slot] = n_bytes | DONE_LAST;
        q.filled++;
    }
    queue->filled = q.filled;
    return i;
}

/* Writes a header as drivers do: what a free buffer's header does not have right already, and no
 * flag says is not there. That leaves out its second cache line. */
static inline void write_header(const struct nicq *queue, struct rte_mbuf *mbuf, uint32_t bytes)
{
    memcpy(&mbuf->rearm_data, &queue->rearm, sizeof(queue->rearm));
    mbuf->ol_flags = 0;
    mbuf->packet_type = 0;
    mbuf->pkt_len = bytes;
    mbuf->data_len = (uint16_t)bytes;
}

/* The rest of a frame whose first segment is `packet`. */
static __rte_noinline void receive_chain(struct nicq *queue, struct rte_mbuf *packet)
{
    struct rte_mbuf *end = packet;
    uint32_t done;

    do {
        uint32_t slot = queue->received++ & (queue->size - 1);

        done = queue->done[slot];
        end->next = queue->mbufs[slot];
        end = end->next;
        write_header(queue, end, done & ~DONE_LAST);
        packet->nb_segs++;
        packet->pkt_len += end->data_len;
    } while ((done & DONE_LAST) == 0);
    queue->n_chains++;
}

unsigned nicq_burst(struct nicq *queue, struct rte_mbuf *packets[], unsigned n)
{
    struct nicq q = *queue; /* as in nicq_dma() */
    unsigned got;

    for (got = 0; got < n && nicq_holds_frames(&q); got++) {
        uint32_t slot = q.received++ & (q.size - 1), done = q.done[slot];

        packets[got] = q.mbufs[slot];
        write_header(&q, packets[got], done & ~DONE_LAST);
        if (unlikely((done & DONE_LAST) == 0))
            receive_chain(&q, packets[got]);
    }
    queue->received = q.received;
    queue->n_chains = q.n_chains;
    return got;
}

void nicq_refill(struct nicq *queue)
{
    uint64_t end = queue->received + queue->size;
    /* More at once than a mempool cache can ever hold would pass it by. */
    uint32_t bulk = RTE_MEMPOOL_CACHE_MAX_SIZE;

    queue->dry = false;
    while (queue->posted != end && bulk > 0) {
        uint32_t slot = queue->posted & (queue->size - 1);
        uint32_t n = RTE_MIN(bulk, RTE_MIN(queue->size - slot, (uint32_t)(end - queue->posted)));

        if (likely(rte_mempool_get_bulk(queue->pool, (void **)&queue->mbufs[slot], n) == 0)) {
            queue->posted += n;
            continue;
        }
        /* All or nothing is the pool's rule; a queue lives on with fewer. */
        queue->alloc_failures += !queue->dry;
        queue->dry = true;
        bulk = n / 2;
    }
}
