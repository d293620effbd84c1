/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <rte_mbuf.h>
#include <string.h>

#include "labyrinth_mbuf.h"

/* Nothing says of a mempool that it is one of mbufs. But rte_pktmbuf_pool_init() has been called by
 * the time that memory is asked for, and then the sizes agree. */
static const struct rte_pktmbuf_pool_private *mbuf_private(struct rte_mempool *mp)
{
    const struct rte_pktmbuf_pool_private *private;

    if (mp->private_data_size < sizeof(*private))
        return NULL;
    private = rte_mempool_get_priv(mp);
    if (mp->elt_size !=
        sizeof(struct rte_mbuf) + private->mbuf_priv_size + private->mbuf_data_room_size)
        return NULL;
    return private;
}

bool labyrinth_mbuf_data_room(struct rte_mempool *mp, uint32_t *ret_from, uint32_t *ret_bytes)
{
    const struct rte_pktmbuf_pool_private *private = mbuf_private(mp);

    if (private == NULL || private->mbuf_data_room_size == 0)
        return false;
    *ret_bytes = private->mbuf_data_room_size;
    *ret_from = mp->elt_size - *ret_bytes;
    return true;
}

bool labyrinth_mbuf_renew(struct rte_mempool *mp, void *object)
{
    uint32_t from, bytes;

    if (!labyrinth_mbuf_data_room(mp, &from, &bytes))
        return false;
    rte_pktmbuf_init(mp, NULL, object, 0);
    memset((char *)object + from, 0, bytes);
    return true;
}

void labyrinth_mbuf_claim(struct rte_mempool *mp, struct lab_pool_options *options)
{
    const struct rte_pktmbuf_pool_private *private = mbuf_private(mp);

    if (private == NULL)
        return;
    options->claim[options->claims++] = 0;
    if (private->mbuf_data_room_size > RTE_PKTMBUF_HEADROOM)
        options->claim[options->claims++] =
            (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size + RTE_PKTMBUF_HEADROOM;
}
