/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "run/sizing.h"

#include "capture/stream.h"
#include "cpus.h"
#include "life/hold.h"
#include "message.h"
#include "run/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_mbuf_core.h>
#include <stdio.h>

uint64_t sizing_largest_frame(const struct options *options)
{
    return (uint64_t)options->rxd * (options->mbuf_size - RTE_PKTMBUF_HEADROOM);
}

unsigned sizing_lcores(const struct options *options)
{
    return options->rxq * (options->free_on != FREE_ON_SAME ? 2 : 1);
}

void sizing_lcore_map(const struct options *options, char *text, size_t capacity)
{
    size_t length = 0;

    for (unsigned i = 0; i < sizing_lcores(options); i++)
        length += (size_t)snprintf(text + length, capacity - length, "%s%u@%u", i == 0 ? "" : ",",
                                   i, cpus_nth(i));
}

/* The buffers that the lcores' caches can keep to themselves: a cache overflows at half as much
 * again. */
static uint64_t cached(const struct options *options)
{
    return (uint64_t)sizing_lcores(options) * (options->mbcache + options->mbcache / 2);
}

uint64_t sizing_frames(const struct options *options, const struct capture *capture)
{
    uint64_t end = UINT64_MAX;

    if (options->loop != 0 && capture->stream == NULL &&
        __builtin_mul_overflow(options->loop, capture->n_frames, &end))
        end = UINT64_MAX;
    return options->capture.frames != 0 ? RTE_MIN(end, options->capture.frames) : end;
}

/* The buffers that two ports can hold: their queues' descriptors, and what drivers keep in rings of
 * their own (AF_XDP has the most: 2 x 2048 for each queue). */
static uint64_t in_ports(const struct options *options)
{
    return options->port == NULL ? 0 : (uint64_t)options->rxq * 2 * (2 * options->rxd + 4096);
}

static uint64_t segments(const struct options *options, uint64_t frame_bytes)
{
    uint64_t room = options->mbuf_size - RTE_PKTMBUF_HEADROOM;

    return frame_bytes == 0 ? 1 : (frame_bytes + room - 1) / room;
}

/* A leak without an end is not followed further than this: it fills any pool. */
#define MAX_FRAMES 1e6

/* Buffers that are held by the program at once, of frames of the usual size. */
static uint64_t held(const struct options *options, const struct capture *capture)
{
    double frames = RTE_MIN((double)sizing_frames(options, capture), MAX_FRAMES);
    uint64_t packets = (uint64_t)hold_most(&options->hold, frames) * options->rxq;
    uint64_t usual = capture->n_frames == 0 ? 0 : capture->data_bytes / capture->n_frames;

    return packets * segments(options, usual + usual / 8);
}

uint64_t sizing_least(const struct options *options, const struct capture *capture)
{
    uint64_t least = (uint64_t)(options->rxq - 1) * options->rxd + cached(options) +
                     segments(options, capture->largest);

    /* A mempool refuses a cache larger than two thirds of it. */
    return RTE_MAX(least, (uint64_t)options->mbcache + options->mbcache / 2);
}

int sizing_mbufs(const struct options *options, const struct capture *capture, unsigned *ret_mbufs)
{
    uint64_t least = sizing_least(options, capture);
    uint64_t ample = (uint64_t)options->rxq * 3 * options->rxd + cached(options) +
                     segments(options, capture->largest) + held(options, capture) +
                     in_ports(options) + options->reserve;

    if (options->clone)
        ample *= 2;
    if (options->total_num_mbufs == 0) {
        /* One less than a power of two is what a ring of mbufs holds without waste. */
        *ret_mbufs = (unsigned)RTE_MIN(rte_align64pow2(ample + 1) - 1, (uint64_t)INT32_MAX);
        return 0;
    }
    if (options->total_num_mbufs < least) {
        complain("--total-num-mbufs=%u: the other queues (%u descriptors each), the lcores' "
                 "caches (--mbcache=%u) and the largest frame (%" PRIu32
                 " bytes) can hold all of them: %" PRIu64 " is the smallest that works",
                 options->total_num_mbufs, options->rxd, options->mbcache, capture->largest, least);
        return -EINVAL;
    }
    *ret_mbufs = options->total_num_mbufs;
    return 0;
}

uint64_t sizing_beside_bytes(const struct options *options, const struct capture *capture,
                             unsigned n_mbufs)
{
    uint64_t held = options->rxq * hold_bytes(&options->hold, n_mbufs);

    if (capture->stream != NULL)
        return held + stream_memory_bytes(capture->stream);
    if (options->unique_ip)
        return held + (uint64_t)options->rxq * WORKER_EDITED * capture->largest;
    return held;
}
