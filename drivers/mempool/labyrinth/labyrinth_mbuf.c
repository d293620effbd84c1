/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <rte_mbuf.h>
#include <string.h>

#include "labyrinth_driver.h"

static bool is_pinned(const struct rte_pktmbuf_pool_private *private)
{
    return (private->flags & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0;
}

#define LOOK_AT 8 /* objects; a process that died has seldom spoilt more */

/* Nothing says of a mempool that it is one of mbufs. But rte_pktmbuf_pool_init() has been called by
 * the time that memory is asked for, and then the sizes agree: behind each mbuf lies its data room,
 * or where that is elsewhere for good, what is shared about it. */
static const struct rte_pktmbuf_pool_private *mbuf_private(struct rte_mempool *mp)
{
    const struct rte_pktmbuf_pool_private *private;
    uint32_t bytes;

    if (mp->private_data_size < sizeof(*private))
        return NULL;
    private = rte_mempool_get_priv(mp);
    bytes =
        is_pinned(private) ? sizeof(struct rte_mbuf_ext_shared_info) : private->mbuf_data_room_size;
    bytes += (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size;
    if (mp->elt_size != RTE_ALIGN_CEIL(bytes, sizeof(uint64_t))) /* as rte_mempool rounds it */
        return NULL;
    return private;
}

bool labyrinth_mbuf_data_room(struct rte_mempool *mp, uint32_t *ret_from, uint32_t *ret_bytes)
{
    const struct rte_pktmbuf_pool_private *private = mbuf_private(mp);

    if (private == NULL || is_pinned(private) || private->mbuf_data_room_size == 0)
        return false;
    *ret_bytes = private->mbuf_data_room_size;
    *ret_from = (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size;
    return true;
}

/* rte_pktmbuf_init() takes the data room to lie behind the mbuf. Where it is elsewhere, only the
 * program's list of memory says where: that, and nothing else, is kept. */
static void renew_pinned(struct rte_mempool *mp, struct rte_mbuf *mbuf)
{
    void *buffer = mbuf->buf_addr;
    rte_iova_t iova = rte_mbuf_iova_get(mbuf);
    struct rte_mbuf_ext_shared_info *shared =
        RTE_PTR_ADD(mbuf, sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp));
    rte_mbuf_extbuf_free_callback_t free_cb = shared->free_cb;

    rte_pktmbuf_init(mp, NULL, mbuf, 0);
    mbuf->buf_addr = buffer;
    rte_mbuf_iova_set(mbuf, iova);
    mbuf->buf_len = rte_pktmbuf_data_room_size(mp);
    rte_pktmbuf_reset_headroom(mbuf);
    mbuf->ol_flags = RTE_MBUF_F_EXTERNAL;
    mbuf->shinfo = shared;
    shared->free_cb = free_cb;
    shared->fcb_opaque = mbuf;
    rte_mbuf_ext_refcnt_set(shared, 1);
    memset(buffer, 0, mbuf->buf_len);
}

static bool is_mbuf_of(const struct rte_mempool *mp, const void *object)
{
    return ((const struct rte_mbuf *)object)->pool == mp;
}

/* Other objects can have the sizes of mbufs by chance, crypto operations for one. An mbuf says
 * whose it is as long as it lives; where this one does not, it may have been spoilt, and others
 * tell. */
static bool has_mbufs(const struct rte_mempool *mp, const void *object)
{
    const struct rte_mempool_objhdr *header = STAILQ_FIRST(&mp->elt_list);
    bool found = is_mbuf_of(mp, object);

    for (int i = 0; !found && header != NULL && i < LOOK_AT; i++) {
        found = is_mbuf_of(mp, header + 1);
        header = STAILQ_NEXT(header, next);
    }
    return found;
}

bool labyrinth_mbuf_is(struct rte_mempool *mp)
{
    const struct rte_mempool_objhdr *header = STAILQ_FIRST(&mp->elt_list);

    return mbuf_private(mp) != NULL && header != NULL && has_mbufs(mp, header + 1);
}

bool labyrinth_mbuf_renew(struct rte_mempool *mp, void *object)
{
    const struct rte_pktmbuf_pool_private *private = mbuf_private(mp);
    uint32_t from, bytes;

    if (private == NULL || !has_mbufs(mp, object))
        return false;
    if (is_pinned(private)) {
        renew_pinned(mp, object);
        return true;
    }
    rte_pktmbuf_init(mp, NULL, object, 0);
    if (labyrinth_mbuf_data_room(mp, &from, &bytes))
        memset((char *)object + from, 0, bytes);
    return true;
}

void labyrinth_mbuf_prefetch(struct rte_mempool *mp, struct lab_pool_options *options)
{
    const struct rte_pktmbuf_pool_private *private = mbuf_private(mp);

    if (private == NULL)
        return;
    options->prefetch[options->prefetch_lines++] = 0;
    if (!is_pinned(private) && private->mbuf_data_room_size > RTE_PKTMBUF_HEADROOM)
        options->prefetch[options->prefetch_lines++] =
            (uint32_t)sizeof(struct rte_mbuf) + private->mbuf_priv_size + RTE_PKTMBUF_HEADROOM;
}
