/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "nicq.h"

#include <errno.h>
#include <rte_branch_prediction.h>
#include <rte_memcpy.h>
#include <stdlib.h>

struct nicq_done {
    uint32_t bytes;
    bool last; /* of its frame */
};

int nicq_open(struct nicq *ret_queue, struct rte_mempool *pool, uint32_t size)
{
    struct nicq queue = {
        .pool = pool,
        .size = size,
        .room = rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM,
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

bool nicq_dma(struct nicq *queue, const uint8_t *bytes, uint32_t n_bytes)
{
    uint64_t end = queue->filled + (n_bytes <= queue->room ? 1 : 1 + (n_bytes - 1) / queue->room);

    if (unlikely(end > queue->posted))
        return false;
    while (queue->filled != end) {
        uint32_t slot = queue->filled++ & (queue->size - 1);
        struct rte_mbuf *mbuf = queue->mbufs[slot];
        uint32_t part = n_bytes < queue->room ? n_bytes : queue->room;

        rte_memcpy((uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM, bytes, part);
        bytes += part;
        n_bytes -= part;
        queue->done[slot] = (struct nicq_done){.bytes = part, .last = queue->filled == end};
    }
    return true;
}

/* Makes a packet of the next frame; its first segment's header is written as a driver does. */
static struct rte_mbuf *next_packet(struct nicq *queue)
{
    struct rte_mbuf *packet = NULL, *end = NULL;
    const struct nicq_done *done;

    do {
        uint32_t slot = queue->received++ & (queue->size - 1);
        struct rte_mbuf *segment = queue->mbufs[slot];

        done = &queue->done[slot];
        rte_pktmbuf_reset(segment);
        segment->data_len = (uint16_t)done->bytes;
        segment->pkt_len = done->bytes;
        if (likely(packet == NULL)) {
            packet = segment;
        } else {
            end->next = segment;
            packet->nb_segs++;
            packet->pkt_len += done->bytes;
        }
        end = segment;
    } while (!done->last);
    queue->n_chains += packet->nb_segs > 1;
    return packet;
}

unsigned nicq_burst(struct nicq *queue, struct rte_mbuf *packets[], unsigned n)
{
    unsigned got = 0;

    while (got < n && nicq_holds_frames(queue))
        packets[got++] = next_packet(queue);
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
