/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "peers.h"

#include "pools.h"
#include "scq.h"
#include "vpp.h"

#include <errno.h>
#include <rte_mempool.h>
#include <stdlib.h>
#include <string.h>

/* More than the mempool ever asks for at once: half as much again as its largest cache. */
#define BURST 1024u

/* ---- Objects as indices of 32 bits: cache lines from some address on ---- */

#define LINE_SHIFT 6
#define REACH (UINT64_C(1) << (31 + LINE_SHIFT)) /* to both sides of the first object */

struct peer {
    uintptr_t base; /* 0: no object yet */
    struct scq *scq;
    struct vpp *vpp;
};

static uint32_t index_of(const struct peer *peer, const void *object)
{
    return (uint32_t)(((uintptr_t)object - peer->base) >> LINE_SHIFT);
}

static void *object_of(const struct peer *peer, uint32_t index)
{
    return (void *)(peer->base + ((uintptr_t)index << LINE_SHIFT));
}

/* The pool is filled by one thread, before it is used. */
static inline void find_base(struct peer *peer, const void *object)
{
    if (unlikely(peer->base == 0))
        peer->base = (uintptr_t)object - REACH;
}

/* ---- Making and freeing ---- */

static void peer_free(struct rte_mempool *mp)
{
    struct peer *peer = mp->pool_data;

    scq_destroy(peer->scq);
    vpp_destroy(peer->vpp);
    free(peer);
}

static int peer_alloc(struct rte_mempool *mp, bool is_scq)
{
    struct peer *peer = calloc(1, sizeof(*peer));

    if (peer == NULL)
        return -ENOMEM;
    peer->scq = is_scq ? scq_create(mp->size) : NULL;
    peer->vpp = is_scq ? NULL : vpp_create(mp->size);
    mp->pool_data = peer;
    if (peer->scq != NULL || peer->vpp != NULL)
        return 0;
    peer_free(mp);
    return -ENOMEM;
}

/* ---- scq ---- */

static int scq_alloc(struct rte_mempool *mp)
{
    return peer_alloc(mp, true);
}

static int scq_enqueue(struct rte_mempool *mp, void *const *objects, unsigned n)
{
    struct peer *peer = mp->pool_data;

    find_base(peer, objects[0]);
    for (unsigned i = 0; i < n; i++)
        scq_put(peer->scq, index_of(peer, objects[i]));
    return 0;
}

static int scq_dequeue(struct rte_mempool *mp, void **objects, unsigned n)
{
    struct peer *peer = mp->pool_data;
    uint32_t index;

    for (unsigned i = 0; i < n; i++) {
        if (!scq_get(peer->scq, &index)) {
            scq_enqueue(mp, objects, i);
            return -ENOBUFS;
        }
        objects[i] = object_of(peer, index);
    }
    return 0;
}

static unsigned scq_get_count(const struct rte_mempool *mp)
{
    return scq_count(((const struct peer *)mp->pool_data)->scq);
}

/* ---- vpp ---- */

static int vpp_alloc(struct rte_mempool *mp)
{
    return peer_alloc(mp, false);
}

static int vpp_enqueue(struct rte_mempool *mp, void *const *objects, unsigned n)
{
    struct peer *peer = mp->pool_data;
    uint32_t indices[BURST];

    find_base(peer, objects[0]);
    for (unsigned done = 0; done < n; done += BURST) {
        unsigned now = RTE_MIN(n - done, BURST);

        for (unsigned i = 0; i < now; i++)
            indices[i] = index_of(peer, objects[done + i]);
        vpp_put(peer->vpp, indices, now);
    }
    return 0;
}

static int vpp_dequeue(struct rte_mempool *mp, void **objects, unsigned n)
{
    struct peer *peer = mp->pool_data;
    uint32_t indices[BURST];

    if (n > BURST || !vpp_get(peer->vpp, indices, n))
        return -ENOBUFS;
    for (unsigned i = 0; i < n; i++)
        objects[i] = object_of(peer, indices[i]);
    return 0;
}

static unsigned vpp_get_count(const struct rte_mempool *mp)
{
    return ((const struct peer *)mp->pool_data)->vpp->n;
}

/* ---- Registration ---- */

static const struct rte_mempool_ops drivers[] = {
    {
        .name = "scq",
        .alloc = scq_alloc,
        .free = peer_free,
        .enqueue = scq_enqueue,
        .dequeue = scq_dequeue,
        .get_count = scq_get_count,
    },
    {
        .name = "vpp",
        .alloc = vpp_alloc,
        .free = peer_free,
        .enqueue = vpp_enqueue,
        .dequeue = vpp_dequeue,
        .get_count = vpp_get_count,
    },
};

/* DPDK has room for 16 drivers, and its own are 14. Some are for units of processors of one maker;
 * their places will do, in this program. */
static struct rte_mempool_ops *find_useless(void)
{
    static const char *const useless[] = {"octeontx_fpavf", "dpaa2", "dpaa"};

    for (unsigned i = 0; i < RTE_DIM(useless); i++) {
        for (unsigned j = 0; j < rte_mempool_ops_table.num_ops; j++) {
            if (strcmp(rte_mempool_ops_table.ops[j].name, useless[i]) == 0)
                return &rte_mempool_ops_table.ops[j];
        }
    }
    return NULL;
}

static void register_one(const struct rte_mempool_ops *driver)
{
    struct rte_mempool_ops *place = NULL;

    if (rte_mempool_ops_table.num_ops == RTE_MEMPOOL_MAX_OPS_IDX)
        place = find_useless();
    if (place != NULL)
        *place = *driver;
    else
        (void)rte_mempool_register_ops(driver);
}

void peers_register(const char *name)
{
    for (unsigned i = 0; i < RTE_DIM(drivers); i++) {
        if (strcmp(drivers[i].name, name) == 0 && !pools_has(name))
            register_one(&drivers[i]);
    }
}
