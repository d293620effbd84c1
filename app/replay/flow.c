/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_thash.h>
#include <string.h>

#define KEY_4 0x6d, 0x5a, 0x6d, 0x5a
#define KEY_16 KEY_4, KEY_4, KEY_4, KEY_4

_Alignas(uint32_t) const uint8_t flow_key[FLOW_KEY_BYTES] = {KEY_16, KEY_16, KEY_16, KEY_4};

/* What the hash is taken of: both addresses, then perhaps both ports. */
struct tuple {
    uint32_t words[RTE_THASH_V6_L4_LEN];
    unsigned n;
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
}

static bool read_ipv4(struct tuple *tuple, struct reader *r)
{
    const struct rte_ipv4_hdr *header = (const void *)(r->bytes + r->at);
    uint16_t fragment;

    if (!has(r, sizeof(*header)))
        return false;
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

uint64_t flow_direction(const uint8_t *frame, uint32_t n_bytes)
{
    struct tuple tuple = tuple_of(frame, n_bytes);
    uint64_t hash = flow_mix(0, tuple.words, tuple.n * sizeof(tuple.words[0]));

    return flow_mix(hash, frame, RTE_MIN(n_bytes, 2u * RTE_ETHER_ADDR_LEN));
}

/* From the last frame to the first, each knows how far the next of its queue is. */
int flow_spread(struct capture *capture, unsigned n_queues, bool by_file)
{
    size_t n = capture->n_frames, last[CAPTURE_MAX_QUEUES];

    if (n_queues > 1 && n > UINT32_MAX / 2)
        return -E2BIG;
    for (unsigned queue = 0; queue < n_queues; queue++)
        capture->queue_first[queue] = last[queue] = n;
    for (size_t i = n; i-- > 0;) {
        struct frame *frame = &capture->frames[i];
        unsigned queue = 0;

        if (n_queues > 1)
            queue =
                (by_file ? frame->file : flow_hash(capture->data + frame->offset, frame->bytes)) %
                n_queues;
        if (last[queue] == n)
            last[queue] = i;
        frame->step = (uint32_t)(capture->queue_first[queue] - i);
        capture->queue_first[queue] = i;
    }
    for (unsigned queue = 0; queue < n_queues; queue++) {
        if (last[queue] != n) /* round to the first, in the next loop */
            capture->frames[last[queue]].step += (uint32_t)capture->queue_first[queue];
    }
    return 0;
}
