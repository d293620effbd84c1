/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Finding the packets that lie in the reserve, and giving them up. */

#include "lab_mbuf.h"
#include "labyrinth_private.h"

/* A clone has a buffer of its own, without data, and refers to another. */
static bool lies_in_reserve(const struct lab_pool *pool, const struct rte_mbuf *packet)
{
    for (; packet != NULL; packet = packet->next) {
        if (lab_pool_is_reserve(pool, packet))
            return true;
        if (RTE_MBUF_CLONED(packet) &&
            lab_pool_is_reserve(pool, rte_mbuf_from_indirect((struct rte_mbuf *)(uintptr_t)packet)))
            return true;
    }
    return false;
}

bool lab_mbuf_is_reserve(const struct rte_mempool *mp, const struct rte_mbuf *packet)
{
    const struct lab_pool *pool = mp->pool_data;

    return lab_pool_reserve_is_held(pool) && lies_in_reserve(pool, packet);
}

/* The counts of a pool, by either of its handles; NULL for a mempool made in another way. */
static struct labyrinth_private *figures_of(const struct rte_mempool *mp)
{
    struct labyrinth_private *private = labyrinth_private_of(mp);

    return private != NULL && private->whole != NULL ? labyrinth_private_of(private->whole)
                                                     : private;
}

static __rte_noinline uint16_t drop(struct rte_mempool *mp, struct rte_mbuf *packets[], uint16_t n)
{
    struct labyrinth_private *private = figures_of(mp);
    uint16_t left = 0;

    for (uint16_t i = 0; i < n; i++) {
        if (lies_in_reserve(mp->pool_data, packets[i]))
            rte_pktmbuf_free(packets[i]);
        else
            packets[left++] = packets[i];
    }
    if (left < n && private != NULL)
        (void)lab_fetch_add_relaxed(&private->dropped, (uint64_t)(n - left));
    return left;
}

uint16_t lab_mbuf_drop_reserve(struct rte_mempool *mp, struct rte_mbuf *packets[], uint16_t n)
{
    return lab_pool_reserve_is_held(mp->pool_data) ? drop(mp, packets, n) : n;
}

uint16_t lab_mbuf_guard(uint16_t port, uint16_t queue, struct rte_mbuf *packets[], uint16_t n,
                        uint16_t most, void *mp)
{
    RTE_SET_USED(port);
    RTE_SET_USED(queue);
    RTE_SET_USED(most);
    return lab_mbuf_drop_reserve(mp, packets, n);
}

uint64_t lab_mbuf_dropped(const struct rte_mempool *mp)
{
    const struct labyrinth_private *private = figures_of(mp);

    return private != NULL ? lab_load_relaxed(&private->dropped) : 0;
}
