/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making the two handles of a pool. The mempool that drivers are given has the mbufs, and all
 * memory by which some of them know them; the other one has none, and the same pool of Labyrinth's
 * behind it. */

#include <rte_eal.h>
#include <string.h>

#include "lab_mbuf.h"
#include "lab_mbuf_private.h"
#include "labyrinth_private.h"

#define OPS_NAME "labyrinth"
#define NOWAIT ".nowait"

static int check(const struct lab_mbuf_pool_options *options)
{
    int code = EINVAL;

    if (rte_eal_process_type() != RTE_PROC_PRIMARY)
        LAB_MBUF_FAIL(code = E_RTE_SECONDARY,
                      "mempools are made by the primary process; this one finds them by "
                      "rte_mempool_lookup()");
    else if (options->name == NULL || options->name[0] == '\0' ||
             strlen(options->name) >= LAB_MBUF_NAME_SIZE)
        LAB_MBUF_FAIL(code, "a mempool's name has 1 to %zu characters", LAB_MBUF_NAME_SIZE - 1);
    else if (options->count == 0 || options->reserve >= options->count)
        LAB_MBUF_FAIL(code, "mempool %s: a reserve of %u asked for, of %u mbufs", options->name,
                      options->reserve, options->count);
    else if (options->low >= options->count ||
             (options->low != 0 && options->low < options->reserve))
        LAB_MBUF_FAIL(code,
                      "mempool %s: a low watermark of %u asked for, %u (its reserve) to %u are "
                      "possible",
                      options->name, options->low, options->reserve, options->count - 1);
    else if (options->high > options->count ||
             (options->high != 0 && options->high <= RTE_MAX(options->low, options->reserve)))
        LAB_MBUF_FAIL(code, "mempool %s: a high watermark of %u asked for, %u to %u are possible",
                      options->name, options->high, RTE_MAX(options->low, options->reserve) + 1,
                      options->count);
    else if (options->reserve > 0 && options->cache > 0)
        LAB_MBUF_FAIL(code,
                      "mempool %s: a cache of %u asked for, which would keep mbufs of the reserve "
                      "to its lcore: with a reserve it must be 0",
                      options->name, options->cache);
    else if (options->priv_size % RTE_MBUF_PRIV_ALIGN != 0)
        LAB_MBUF_FAIL(code, "mempool %s: %u private bytes asked for, it must be a multiple of %d",
                      options->name, options->priv_size, RTE_MBUF_PRIV_ALIGN);
    else if (options->gfp != 0 && !lab_gfp_is_valid(options->gfp))
        LAB_MBUF_FAIL(code, "mempool %s: request flags %#x make no sense", options->name,
                      options->gfp);
    else
        code = 0;
    return code;
}

/* A mempool without objects, of our driver, with its message to the driver. */
static struct rte_mempool *make_empty(const struct lab_mbuf_pool_options *options, const char *name,
                                      uint32_t cache)
{
    struct rte_pktmbuf_pool_private mbuf = {
        .mbuf_data_room_size =
            options->data_room != 0 ? options->data_room : RTE_MBUF_DEFAULT_BUF_SIZE,
        .mbuf_priv_size = options->priv_size,
    };
    uint32_t bytes =
        (uint32_t)sizeof(struct rte_mbuf) + mbuf.mbuf_priv_size + mbuf.mbuf_data_room_size;
    struct labyrinth_private *private;
    struct rte_mempool *mp = rte_mempool_create_empty(name, options->count, bytes, cache,
                                                      sizeof(*private), options->socket, 0);

    if (mp == NULL) {
        LAB_MBUF_FAIL(rte_errno, "mempool %s cannot be made: %s", name, rte_strerror(rte_errno));
        return NULL;
    }
    if (rte_mempool_set_ops_byname(mp, OPS_NAME, NULL) != 0) {
        rte_mempool_free(mp);
        LAB_MBUF_FAIL(ENOENT,
                      "mempool %s: the driver is not loaded: name it among the EAL "
                      "options, -d librte_mempool_labyrinth.so",
                      name);
        return NULL;
    }
    rte_pktmbuf_pool_init(mp, &mbuf);
    private = rte_mempool_get_priv(mp);
    private->reserve = options->reserve;
    private->low = options->low;
    private->high = options->high;
    private->arena = options->arena;
    private->magic = LABYRINTH_PRIVATE_MAGIC;
    return mp;
}

/* A driver of another version would make a pool of another shape, or one without a reserve. */
static bool is_understood(const struct rte_mempool *mp, uint32_t reserve)
{
    const struct lab_pool *pool = mp->pool_data;

    if (pool->magic == LAB_POOL_MAGIC && pool->layout == LAB_SHARED_LAYOUT &&
        pool->reserved == reserve)
        return true;
    LAB_MBUF_FAIL(EPROTO, "mempool %s: the driver is one of another version than this program",
                  mp->name);
    return false;
}

static bool fill(struct rte_mempool *mp, const struct lab_mbuf_pool_options *options)
{
    int rc;

    if (options->arena != NULL) {
        rc = lab_mbuf_populate(mp, options->arena, options->gfp != 0 ? options->gfp : LAB_GFP_WAIT);
        rte_errno = rc < 0 ? -rc : rte_errno;
    } else {
        rc = rte_mempool_populate_default(mp);
        if (rc < 0)
            LAB_MBUF_FAIL(-rc, "mempool %s: DPDK has no memory for %u mbufs of %u bytes (%s): %s",
                          mp->name, mp->size, mp->elt_size, rte_strerror(-rc),
                          lab_mbuf_remedy((size_t)mp->size * mp->elt_size));
    }
    if (rc < 0)
        return false;
    rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
    return is_understood(mp, options->reserve);
}

/* The handle for everything else. The driver finds the pool behind it, and frees it with the
 * mempool. */
static bool add_nowait(struct rte_mempool *mp, const struct lab_mbuf_pool_options *options)
{
    struct labyrinth_private *private = rte_mempool_get_priv(mp), *other;
    struct rte_mempool *nowait;
    char name[RTE_MEMPOOL_NAMESIZE];
    int rc;

    snprintf(name, sizeof(name), "%s" NOWAIT, options->name);
    nowait = make_empty(options, name, 0);
    if (nowait == NULL)
        return false;
    other = rte_mempool_get_priv(nowait);
    other->whole = mp;
    rc = rte_mempool_get_ops(nowait->ops_index)->alloc(nowait);
    if (rc != 0) {
        rte_mempool_free(nowait);
        LAB_MBUF_FAIL(-rc, "mempool %s cannot be made: %s", name, rte_strerror(-rc));
        return false;
    }
    nowait->flags |= RTE_MEMPOOL_F_POOL_CREATED; /* nothing is ever added */
    private->nowait = nowait;
    return true;
}

struct rte_mempool *lab_mbuf_pool_create(const struct lab_mbuf_pool_options *options)
{
    struct rte_mempool *mp;
    int code = check(options);

    if (code != 0)
        return NULL;
    mp = make_empty(options, options->name, options->cache);
    if (mp == NULL)
        return NULL;
    if (fill(mp, options) && (options->reserve == 0 || add_nowait(mp, options)))
        return mp;
    code = rte_errno;
    rte_mempool_free(mp);
    rte_errno = code;
    return NULL;
}

struct rte_mempool *lab_mbuf_pool_nowait(struct rte_mempool *mp)
{
    const struct labyrinth_private *private = labyrinth_private_of(mp);

    return private != NULL && private->nowait != NULL ? private->nowait : mp;
}

struct lab_pool *lab_mbuf_pool_of(const struct rte_mempool *mp)
{
    return lab_mempool_pool(mp);
}

struct lab_arena *lab_mbuf_pool_arena(const struct rte_mempool *mp)
{
    const struct labyrinth_private *private = labyrinth_private_of(mp);

    return private != NULL ? private->arena : NULL;
}
