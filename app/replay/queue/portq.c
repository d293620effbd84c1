/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/portq.h"

#include <lab_os.h>
#include <rte_ethdev.h>
#include <rte_memcpy.h>
#include <string.h>

/* A port that takes nothing for so long has lost its other end, or was never polled there. */
#define STALL_NS UINT64_C(5000000000)

/* Nothing could be given to the port: for the first time, or for too long already? */
static void note_idle(struct portq *q)
{
    uint64_t now_ns = lab_os_clock_ns();

    if (q->idle_since_ns == 0)
        q->idle_since_ns = now_ns;
    q->stalled = now_ns - q->idle_since_ns > STALL_NS;
}

/* A buffer, of as many as the pool gives at once; all or nothing is the pool's rule. */
static struct rte_mbuf *take_buffer(struct portq *q)
{
    unsigned n = q->burst;

    while (q->n_spare == 0 && n > 0) {
        if (rte_pktmbuf_alloc_bulk(q->pool, q->spare, n) == 0)
            q->n_spare = n;
        q->taken += q->n_spare;
        n /= 2;
    }
    q->dry = q->n_spare == 0;
    q->alloc_failures += q->dry;
    return q->dry ? NULL : q->spare[--q->n_spare];
}

static bool put(struct portq *q, const uint8_t *bytes, uint32_t n_bytes)
{
    struct rte_mbuf *packet = NULL, *end = NULL;
    uint32_t done = 0;

    q->dry = false;
    if (q->n_waiting == q->burst || q->stalled)
        return false;
    do {
        uint32_t part = RTE_MIN(n_bytes - done, q->room);
        struct rte_mbuf *segment = take_buffer(q);

        if (segment == NULL) {
            rte_pktmbuf_free(packet);
            if (q->n_waiting == 0)
                note_idle(q);
            return false;
        }
        rte_memcpy(rte_pktmbuf_mtod(segment, uint8_t *), bytes + done, part);
        segment->data_len = (uint16_t)part;
        segment->pkt_len = part;
        if (packet == NULL) {
            packet = segment;
        } else {
            end->next = segment;
            packet->nb_segs++;
            packet->pkt_len += part;
        }
        end = segment;
        done += part;
    } while (done < n_bytes);
    q->waiting[q->n_waiting++] = packet;
    return true;
}

/* Whether what goes this way can be put now. */
static bool turn_to(struct portq *q, uint8_t way)
{
    if (!q->has_two || way == q->way)
        return true;
    portq_flush(q);
    if (q->n_waiting > 0)
        return false;
    q->way = way;
    return true;
}

unsigned portq_put(struct portq *q, const struct view views[], unsigned n)
{
    unsigned i = 0;

    q->dry = false;
    while (i < n && turn_to(q, views[i].way) && put(q, views[i].bytes, views[i].n_bytes))
        i++;
    return i;
}

void portq_flush(struct portq *q)
{
    uint32_t n;

    if (q->n_waiting == 0)
        return;
    n = rte_eth_tx_burst(q->tx_port[q->way], q->queue, q->waiting, (uint16_t)q->n_waiting);
    if (n == 0) {
        note_idle(q);
        return;
    }
    q->idle_since_ns = 0;
    q->n_waiting -= n;
    memmove(q->waiting, q->waiting + n, q->n_waiting * sizeof(q->waiting[0]));
}

unsigned portq_burst(struct portq *q, struct rte_mbuf *packets[], unsigned n)
{
    unsigned got = 0;

    if (q->n_rx == 0)
        return 0;
    /* The one that comes first this time comes last the next. */
    q->rx_turn = (q->rx_turn + 1) % q->n_rx;
    for (unsigned i = 0; i < q->n_rx && got < n; i++)
        got += rte_eth_rx_burst(q->rx_port[(q->rx_turn + i) % q->n_rx], q->queue, packets + got,
                                (uint16_t)(n - got));
    return got;
}

void portq_close(struct portq *q, uint64_t *ret_frames, uint64_t *ret_bytes)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < q->n_waiting; i++)
        bytes += q->waiting[i]->pkt_len;
    *ret_frames = q->n_waiting;
    *ret_bytes = bytes;
    rte_pktmbuf_free_bulk(q->waiting, q->n_waiting);
    rte_pktmbuf_free_bulk(q->spare, q->n_spare);
    q->n_waiting = q->n_spare = 0;
}
