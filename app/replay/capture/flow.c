/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_thash.h>
#include <stdlib.h>
#include <string.h>

#define KEY_4 0x6d, 0x5a, 0x6d, 0x5a
#define KEY_16 KEY_4, KEY_4, KEY_4, KEY_4

_Alignas(uint32_t) const uint8_t flow_key[FLOW_KEY_BYTES] = {KEY_16, KEY_16, KEY_16, KEY_4};

/* The content that is hashed: both addresses, then perhaps both ports. */
struct tuple {
    uint32_t words[RTE_THASH_V6_L4_LEN];
    unsigned n;
    unsigned address_words; /* of each address; 0: the frame is not IP */
    uint8_t tcp_flags;      /* 0: they are not known, or it is not TCP */
};

/* The frame, from `at` on. */
struct reader {
    const uint8_t *bytes;
    uint32_t n_bytes;
    uint32_t at;
};

static bool has(const struct reader *r, uint32_t n)
{
    return r->n_bytes - r->at >= n;
}

static bool skip(struct reader *r, uint32_t n)
{
    if (!has(r, n))
        return false;
    r->at += n;
    return true;
}

static uint16_t word16(const struct reader *r, uint32_t offset)
{
    return (uint16_t)(r->bytes[r->at + offset] << 8 | r->bytes[r->at + offset + 1]);
}

static void add(struct tuple *tuple, const struct reader *r, uint32_t offset, unsigned n_words)
{
    for (unsigned i = 0; i < n_words; i++) {
        uint32_t word;

        memcpy(&word, r->bytes + r->at + offset + 4 * i, sizeof(word));
        tuple->words[tuple->n++] = rte_be_to_cpu_32(word);
    }
}

static void add_ports(struct tuple *tuple, const struct reader *r, uint8_t protocol)
{
    if ((protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP) &&
        has(r, 4))
        add(tuple, r, 0, 1);
    if (protocol == IPPROTO_TCP && has(r, offsetof(struct rte_tcp_hdr, tcp_flags) + 1))
        tuple->tcp_flags = r->bytes[r->at + offsetof(struct rte_tcp_hdr, tcp_flags)];
}

static bool read_ipv4(struct tuple *tuple, struct reader *r)
{
    const struct rte_ipv4_hdr *header = (const void *)(r->bytes + r->at);
    uint16_t fragment;

    if (!has(r, sizeof(*header)))
        return false;
    tuple->address_words = 1;
    add(tuple, r, offsetof(struct rte_ipv4_hdr, src_addr), 2);
    fragment = word16(r, offsetof(struct rte_ipv4_hdr, fragment_offset));
    /* Only the first fragment has ports, and the others must not part from it. */
    if ((fragment & (RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) == 0 &&
        skip(r, (uint32_t)(header->version_ihl & RTE_IPV4_HDR_IHL_MASK) * RTE_IPV4_IHL_MULTIPLIER))
        add_ports(tuple, r, header->next_proto_id);
    return true;
}

static bool read_ipv6(struct tuple *tuple, struct reader *r)
{
    const struct rte_ipv6_hdr *header = (const void *)(r->bytes + r->at);
    uint8_t next;

    if (!has(r, sizeof(*header)))
        return false;
    tuple->address_words = 4;
    add(tuple, r, offsetof(struct rte_ipv6_hdr, src_addr), 8);
    next = header->proto;
    skip(r, sizeof(*header));
    while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) {
        if (!has(r, 8))
            return true;
        next = r->bytes[r->at];
        if (!skip(r, (r->bytes[r->at + 1] + 1u) * 8))
            return true;
    }
    add_ports(tuple, r, next); /* a fragment's header is none of these */
    return true;
}

static struct tuple tuple_of(const uint8_t *frame, uint32_t n_bytes)
{
    struct reader r = {.bytes = frame, .n_bytes = n_bytes};
    struct tuple tuple = {0};
    uint16_t type;

    if (!has(&r, RTE_ETHER_HDR_LEN))
        return tuple;
    skip(&r, 2 * RTE_ETHER_ADDR_LEN);
    for (type = word16(&r, 0); (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ) &&
                               has(&r, sizeof(struct rte_vlan_hdr) + 2);
         type = word16(&r, 0))
        skip(&r, sizeof(struct rte_vlan_hdr));
    skip(&r, 2);
    if (!(type == RTE_ETHER_TYPE_IPV4 && read_ipv4(&tuple, &r)) &&
        !(type == RTE_ETHER_TYPE_IPV6 && read_ipv6(&tuple, &r))) {
        r.at = 0;
        add(&tuple, &r, 0, 3); /* both MAC addresses */
    }
    return tuple;
}

uint32_t flow_hash(const uint8_t *frame, uint32_t n_bytes)
{
    struct tuple tuple = tuple_of(frame, n_bytes);

    return rte_softrss(tuple.words, tuple.n, flow_key);
}

/* FNV-1a by eight bytes at a time, with the upper half mixed into the lower at each step. */
uint64_t flow_mix(uint64_t seed, const void *bytes, size_t n_bytes)
{
    uint64_t hash = seed ^ UINT64_C(0xcbf29ce484222325) ^ n_bytes, word;
    const uint8_t *at = bytes;

    while (n_bytes > 0) {
        size_t n = RTE_MIN(n_bytes, sizeof(word));

        word = 0;
        memcpy(&word, at, n);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
        hash ^= hash >> 32;
        at += n;
        n_bytes -= n;
    }
    return hash;
}

/* A hash of one end: its address and, where there are ports, its own. */
static uint64_t end_hash(const struct tuple *tuple, unsigned end)
{
    unsigned n = tuple->address_words;
    uint32_t words[4 + 1], ports = tuple->n > 2 * n ? tuple->words[2 * n] : 0;

    memcpy(words, tuple->words + end * n, n * sizeof(words[0]));
    words[n] = end == 0 ? ports >> 16 : ports & UINT16_MAX;
    return flow_mix(0, words, (n + 1) * sizeof(words[0]));
}

struct flow_ends flow_ends(const uint8_t *frame, uint32_t n_bytes)
{
    struct tuple tuple = tuple_of(frame, n_bytes);
    uint64_t ends[2], source;

    if (tuple.address_words == 0)
        return (struct flow_ends){0};
    source = ends[0] = end_hash(&tuple, 0);
    ends[1] = end_hash(&tuple, 1);
    if (ends[0] > ends[1])
        RTE_SWAP(ends[0], ends[1]);
    return (struct flow_ends){
        .flow = flow_mix(0, ends, sizeof(ends)) | 1,
        .source = source,
        .is_first_syn =
            (tuple.tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG)) == RTE_TCP_SYN_FLAG,
    };
}

uint64_t flow_direction(const uint8_t *frame, uint32_t n_bytes)
{
    struct tuple tuple = tuple_of(frame, n_bytes);
    uint64_t hash = flow_mix(0, tuple.words, tuple.n * sizeof(tuple.words[0]));

    return flow_mix(hash, frame, RTE_MIN(n_bytes, 2u * RTE_ETHER_ADDR_LEN));
}

static unsigned queue_of(const struct capture *capture, size_t i, unsigned n_queues, bool by_file)
{
    const struct frame *frame = &capture->frames[i];
    uint32_t key = by_file ? frame->file : flow_hash(capture->data + frame->offset, frame->bytes);

    return key % n_queues;
}

/* Fills queued[]: counts each queue's frames, then puts them where the queues before it end. */
static void sort_by_queue(struct capture *capture, const uint8_t queues[], unsigned n_queues)
{
    size_t at[CAPTURE_MAX_QUEUES + 1] = {0};

    for (size_t i = 0; i < capture->n_frames; i++)
        at[queues[i] + 1]++;
    for (unsigned queue = 0; queue < n_queues; queue++)
        at[queue + 1] += at[queue];
    for (size_t i = 0; i < capture->n_frames; i++)
        capture->queued[at[queues[i]]++] = (uint32_t)i;
    memcpy(capture->queue_end, at, n_queues * sizeof(at[0]));
}

/* Each frame knows how far the next of its queue is; the last, round to the first. */
static void set_steps(struct capture *capture, unsigned n_queues)
{
    size_t first = 0;

    for (unsigned queue = 0; queue < n_queues; first = capture->queue_end[queue++]) {
        const uint32_t *queued = capture->queued + first;
        size_t n = capture->queue_end[queue] - first;

        for (size_t i = 0; i < n; i++)
            capture->frames[queued[i]].step =
                i + 1 < n ? queued[i + 1] - queued[i]
                          : (uint32_t)(queued[0] + capture->n_frames - queued[i]);
    }
}

static int spread_over_several(struct capture *capture, unsigned n_queues, bool by_file)
{
    size_t n = capture->n_frames;
    uint8_t *queues;

    if (n > UINT32_MAX / 2)
        return -E2BIG;
    queues = malloc(n + 1);
    capture->queued = malloc((n + 1) * sizeof(capture->queued[0]));
    if (queues == NULL || capture->queued == NULL) {
        free(queues);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        queues[i] = (uint8_t)queue_of(capture, i, n_queues, by_file);
    sort_by_queue(capture, queues, n_queues);
    set_steps(capture, n_queues);
    free(queues);
    return 0;
}

int flow_spread(struct capture *capture, unsigned n_queues, bool by_file)
{
    if (n_queues > 1)
        return spread_over_several(capture, n_queues, by_file);
    capture->queue_end[0] = capture->n_frames;
    for (size_t i = 0; i < capture->n_frames; i++)
        capture->frames[i].step = 1;
    return 0;
}
