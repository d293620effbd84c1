/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "sizing.h"

#include "message.h"

#include <inttypes.h>
#include <rte_common.h>
#include <rte_mbuf_core.h>
#include <rte_mempool.h>

uint64_t sizing_largest_frame(const struct options *options)
{
    return (uint64_t)options->rxd * (options->mbuf_size - RTE_PKTMBUF_HEADROOM);
}

unsigned sizing_lcores(const struct options *options)
{
    return options->rxq * (options->free_on_other ? 2 : 1);
}

/* What the lcores' caches can keep to themselves: a cache overflows at half as much again. */
static uint64_t cached(const struct options *options)
{
    return (uint64_t)sizing_lcores(options) * (options->mbcache + options->mbcache / 2);
}

bool sizing_mbufs(const struct options *options, uint32_t largest_frame, unsigned *ret_mbufs)
{
    uint64_t room = options->mbuf_size - RTE_PKTMBUF_HEADROOM;
    uint64_t segments = largest_frame == 0 ? 1 : (largest_frame + room - 1) / room;
    uint64_t least = (uint64_t)(options->rxq - 1) * options->rxd + cached(options) + segments;
    uint64_t ample = (uint64_t)options->rxq * 3 * options->rxd + cached(options) + segments;

    if (options->total_num_mbufs == 0) {
        /* One less than a power of two is what a ring of mbufs holds without waste. */
        *ret_mbufs = (unsigned)rte_align64pow2(ample + 1) - 1;
        return true;
    }
    /* A mempool refuses a cache larger than two thirds of it. */
    least = RTE_MAX(least, (uint64_t)options->mbcache + options->mbcache / 2);
    if (options->total_num_mbufs < least) {
        complain("--total-num-mbufs=%u: the other queues (%u descriptors each), the lcores' "
                 "caches (--mbcache=%u) and the largest frame (%" PRIu32
                 " bytes) can hold all of them: %" PRIu64 " is the smallest that works",
                 options->total_num_mbufs, options->rxd, options->mbcache, largest_frame, least);
        return false;
    }
    *ret_mbufs = options->total_num_mbufs;
    return true;
}

size_t sizing_bytes(const struct options *options, unsigned n_mbufs, size_t page_bytes)
{
    /* The mempool spreads objects over the memory channels by a few cache lines. */
    size_t buffer = sizeof(struct rte_mempool_objhdr) + sizeof(struct rte_mbuf) +
                    RTE_ALIGN_CEIL(options->mbuf_size, RTE_CACHE_LINE_SIZE) +
                    4 * RTE_CACHE_LINE_SIZE;

    /* It lets none cross from page to page if that can be helped. */
    if (buffer <= page_bytes)
        buffer = page_bytes / (page_bytes / buffer);
    else
        buffer = RTE_ALIGN_CEIL(buffer, page_bytes);
    /* A tenth for the driver; the rest for caches, rings and the EAL itself. */
    return n_mbufs * (buffer + buffer / 10) + ((size_t)32 << 20);
}
