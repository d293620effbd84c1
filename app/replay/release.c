/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "release.h"

#include <rte_mempool.h>

static inline bool is_plain(const struct rte_mbuf *packet)
{
    return packet->nb_segs == 1 && rte_mbuf_refcnt_read(packet) == 1 && RTE_MBUF_DIRECT(packet);
}

void release(struct rte_mbuf *packets[], unsigned n)
{
    unsigned plain = 0;

    while (plain < n) {
        struct rte_mempool *pool = packets[plain]->pool;
        unsigned first = plain;

        while (plain < n && is_plain(packets[plain]) && packets[plain]->pool == pool)
            plain++;
        if (plain > first)
            rte_mempool_put_bulk(pool, (void **)&packets[first], plain - first);
        else
            rte_pktmbuf_free(packets[plain++]);
    }
}
