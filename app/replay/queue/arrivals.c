/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/arrivals.h"

#include "capture/flow.h"
#include "queue/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ethernet's least, without its check sequence: NICs pad to it, with zeros. */
#define LEAST_BYTES 60u

struct content {
    uint64_t hash;
    size_t frame;
};

/* contents[] is sorted by hash, then frame; flows[] is sorted, each once. */
struct arrivals_index {
    const struct capture *capture;
    struct content *contents;
    uint64_t *flows;
    size_t n_flows;
    uint32_t *flow_of; /* of each frame, in flows[] */
};

static uint64_t hash_of(const uint8_t *bytes, uint32_t n)
{
    uint8_t padded[LEAST_BYTES] = {0};

    if (n < LEAST_BYTES) {
        memcpy(padded, bytes, n);
        bytes = padded;
        n = LEAST_BYTES;
    }
    return flow_mix(0, bytes, n);
}

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static int compare_contents(const void *a, const void *b)
{
    const struct content *left = a, *right = b;

    if (left->hash != right->hash)
        return left->hash < right->hash ? -1 : 1;
    return (left->frame > right->frame) - (left->frame < right->frame);
}

static const uint64_t *find_flow(const struct arrivals_index *index, uint64_t direction)
{
    return bsearch(&direction, index->flows, index->n_flows, sizeof(direction), compare_hashes);
}

static void fill_contents(struct arrivals_index *index)
{
    const struct capture *capture = index->capture;

    for (size_t i = 0; i < capture->n_frames; i++) {
        const struct frame *frame = &capture->frames[i];

        index->contents[i] = (struct content){
            .hash = hash_of(capture->data + frame->offset, frame->bytes),
            .frame = i,
        };
    }
    qsort(index->contents, capture->n_frames, sizeof(index->contents[0]), compare_contents);
}

static void fill_flows(struct arrivals_index *index)
{
    const struct capture *capture = index->capture;
    size_t n = capture->n_frames;

    for (size_t i = 0; i < n; i++)
        index->flows[i] =
            flow_direction(capture->data + capture->frames[i].offset, capture->frames[i].bytes);
    qsort(index->flows, n, sizeof(index->flows[0]), compare_hashes);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || index->flows[i] != index->flows[index->n_flows - 1])
            index->flows[index->n_flows++] = index->flows[i];
    }
    for (size_t i = 0; i < n; i++) {
        const struct frame *frame = &capture->frames[i];
        uint64_t direction = flow_direction(capture->data + frame->offset, frame->bytes);

        index->flow_of[i] = (uint32_t)(find_flow(index, direction) - index->flows);
    }
}

uint64_t arrivals_bytes(const struct capture *capture, unsigned n_queues)
{
    const struct arrivals_index *index = NULL;
    const struct arrivals *arrivals = NULL;
    uint64_t frame_bytes = sizeof(index->contents[0]) + sizeof(index->flows[0]) +
                           sizeof(index->flow_of[0]) + n_queues * sizeof(arrivals->flow_next[0]);

    /* qsort() has a second array. */
    return capture->n_frames * (frame_bytes + sizeof(index->contents[0]));
}

int arrivals_index_create(const struct capture *capture, struct arrivals_index **ret_index)
{
    struct arrivals_index *index = calloc(1, sizeof(*index));
    size_t n = capture->n_frames;

    if (index == NULL)
        return -ENOMEM;
    index->capture = capture;
    index->contents = calloc(n + 1, sizeof(index->contents[0]));
    index->flows = calloc(n + 1, sizeof(index->flows[0]));
    index->flow_of = calloc(n + 1, sizeof(index->flow_of[0]));
    if (index->contents == NULL || index->flows == NULL || index->flow_of == NULL) {
        arrivals_index_free(index);
        return -ENOMEM;
    }
    fill_contents(index);
    fill_flows(index);
    *ret_index = index;
    return 0;
}

void arrivals_index_free(struct arrivals_index *index)
{
    if (index == NULL)
        return;
    free(index->contents);
    free(index->flows);
    free(index->flow_of);
    free(index);
}

static size_t scratch_bytes(const struct arrivals_index *index)
{
    return index->capture->largest > LEAST_BYTES ? index->capture->largest : LEAST_BYTES;
}

int arrivals_open(struct arrivals *ret_arrivals, const struct arrivals_index *index)
{
    struct arrivals arrivals = {
        .index = index,
        .flow_next = calloc(index->n_flows + 1, sizeof(arrivals.flow_next[0])),
        .scratch = malloc(scratch_bytes(index)),
    };

    if (arrivals.flow_next == NULL || arrivals.scratch == NULL) {
        arrivals_close(&arrivals);
        return -ENOMEM;
    }
    *ret_arrivals = arrivals;
    return 0;
}

void arrivals_close(struct arrivals *arrivals)
{
    free(arrivals->flow_next);
    free(arrivals->scratch);
}

static bool is_zero(const uint8_t *bytes, uint32_t n)
{
    uint8_t any = 0;

    for (uint32_t i = 0; i < n; i++)
        any |= bytes[i];
    return any == 0;
}

static bool is_frame(const struct arrivals *arrivals, const struct rte_mbuf *packet, size_t i)
{
    const struct frame *frame = &arrivals->index->capture->frames[i];
    const uint8_t *bytes = arrivals->index->capture->data + frame->offset, *got;

    if (packet->pkt_len == frame->bytes)
        return packet_is_frame(packet, bytes, frame->bytes);
    if (packet->pkt_len < frame->bytes || packet->pkt_len > LEAST_BYTES || packet->nb_segs != 1)
        return false;
    got = rte_pktmbuf_mtod(packet, const uint8_t *);
    return memcmp(got, bytes, frame->bytes) == 0 &&
           is_zero(got + frame->bytes, packet->pkt_len - frame->bytes);
}

static uint64_t *flow_next(struct arrivals *arrivals, size_t frame)
{
    return &arrivals->flow_next[arrivals->index->flow_of[frame]];
}

static enum arrival note_arrival(struct arrivals *arrivals, uint64_t position, uint32_t *ret_bytes)
{
    const struct capture *capture = arrivals->index->capture;
    size_t frame = position % capture->n_frames;

    *flow_next(arrivals, frame) = position + 1;
    arrivals->next = position + capture->frames[frame].step;
    *ret_bytes = capture->frames[frame].bytes;
    return ARRIVAL_FRAME;
}

/* The first of contents[] that is not before this one. */
static size_t lower_bound(const struct arrivals_index *index, struct content sought)
{
    size_t low = 0, high = index->capture->n_frames;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_contents(&index->contents[middle], &sought) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The least position from `from` on at which the content stands that begins at `first`. */
static uint64_t position_from(const struct arrivals_index *index, size_t first, uint64_t from)
{
    size_t n = index->capture->n_frames;
    struct content sought = {.hash = index->contents[first].hash, .frame = from % n};
    size_t i = lower_bound(index, sought);

    if (i < n && index->contents[i].hash == sought.hash)
        return from - from % n + index->contents[i].frame;
    return from - from % n + n + index->contents[first].frame;
}

/* Where in contents[] a packet's own begins; their number when it is none of them. */
static size_t find_content(const struct arrivals *arrivals, const struct rte_mbuf *packet,
                           const uint8_t *bytes)
{
    const struct arrivals_index *index = arrivals->index;
    size_t n = index->capture->n_frames, first;
    struct content sought = {0};

    if (packet->pkt_len > scratch_bytes(index))
        return n;
    sought.hash = hash_of(bytes, packet->pkt_len);
    first = lower_bound(index, sought);
    if (first == n || index->contents[first].hash != sought.hash ||
        !is_frame(arrivals, packet, index->contents[first].frame))
        return n;
    return first;
}

static enum arrival look_up(struct arrivals *arrivals, const struct rte_mbuf *packet,
                            uint64_t n_fed, uint32_t *ret_bytes)
{
    const struct arrivals_index *index = arrivals->index;
    uint32_t n_bytes = RTE_MIN(packet->pkt_len, (uint32_t)scratch_bytes(index));
    const uint8_t *bytes = rte_pktmbuf_read(packet, 0, n_bytes, arrivals->scratch);
    uint64_t position;
    size_t first, frame;

    if (bytes == NULL)
        return ARRIVAL_CORRUPTED;
    first = find_content(arrivals, packet, bytes);
    if (first == index->capture->n_frames)
        return find_flow(index, flow_direction(bytes, n_bytes)) == NULL ? ARRIVAL_FOREIGN
                                                                        : ARRIVAL_CORRUPTED;
    frame = index->contents[first].frame;
    *ret_bytes = index->capture->frames[frame].bytes;
    position = position_from(index, first, *flow_next(arrivals, frame));
    if (position >= n_fed)
        return ARRIVAL_REORDERED;
    return note_arrival(arrivals, position, ret_bytes);
}

enum arrival arrivals_judge(struct arrivals *arrivals, const struct rte_mbuf *packet,
                            uint64_t n_fed, uint32_t *ret_bytes)
{
    size_t n = arrivals->index->capture->n_frames;
    size_t frame = n == 0 ? 0 : arrivals->next % n;

    if (n == 0)
        return ARRIVAL_FOREIGN;
    if (arrivals->next < n_fed && arrivals->next >= *flow_next(arrivals, frame) &&
        is_frame(arrivals, packet, frame))
        return note_arrival(arrivals, arrivals->next, ret_bytes);
    return look_up(arrivals, packet, n_fed, ret_bytes);
}
