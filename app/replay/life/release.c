/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "life/release.h"

#include <rte_mempool.h>

static inline bool is_plain(const struct rte_mbuf *packet, uint64_t not_plain)
{
    return packet->nb_segs == 1 && rte_mbuf_refcnt_read(packet) == 1 &&
           (packet->ol_flags & not_plain) == 0;
}

/* A clone's buffers go back with those that they refer to. */
static unsigned buffers_of(const struct rte_mbuf *packet)
{
    return packet->nb_segs * (RTE_MBUF_CLONED(packet) ? 2 : 1);
}

static __rte_noinline unsigned release_other(struct rte_mbuf *packet, struct meter *meter)
{
    unsigned n = buffers_of(packet);

    if ((packet->ol_flags & meter_flag) != 0)
        meter_end(meter, packet);
    rte_pktmbuf_free(packet);
    return n;
}

static unsigned release_all(struct rte_mbuf *packets[], unsigned n, struct meter *meter)
{
    uint64_t not_plain = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL | meter_flag;
    unsigned i = 0, returned = 0;

    while (i < n) {
        struct rte_mempool *pool = packets[i]->pool;
        unsigned first = i;

        while (i < n && is_plain(packets[i], not_plain) && packets[i]->pool == pool)
            i++;
        if (i == first) {
            returned += release_other(packets[i++], meter);
            continue;
        }
        rte_mempool_put_bulk(pool, (void **)&packets[first], i - first);
        returned += i - first;
    }
    return returned;
}

void release(struct rte_mbuf *packets[], unsigned n, struct meter *meter)
{
    uint64_t start;
    unsigned returned;

    if (likely(!meter_turn(&meter->releases))) {
        meter_returned(meter, release_all(packets, n, meter));
        return;
    }
    start = rte_rdtsc();
    returned = release_all(packets, n, meter);
    meter_add(&meter->put, rte_rdtsc() - start, returned);
    meter_returned(meter, returned);
}
