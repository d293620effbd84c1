/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "where_packet.h"

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#include <rte_mbuf_ptype.h>
#include <rte_net.h>
#include <stdio.h>
#include <string.h>

bool where_packet_read(const struct where_pool *pool, uint32_t object, uint32_t most,
                       struct where_packet *ret_packet)
{
    struct rte_mbuf mbuf;

    if (!pool->has_mbufs ||
        where_memory_read(pool->set.start[object], &mbuf, sizeof(mbuf)) != sizeof(mbuf))
        return false;
    ret_packet->bytes = 0;
    ret_packet->length = mbuf.pkt_len;
    ret_packet->port = mbuf.port;
    ret_packet->segments = mbuf.nb_segs;
    if (mbuf.buf_addr == NULL || mbuf.data_off > mbuf.buf_len ||
        mbuf.data_len > mbuf.buf_len - mbuf.data_off)
        return false;
    most = RTE_MIN(most, WHERE_PACKET_BYTES);
    most = RTE_MIN(most, (uint32_t)mbuf.data_len);
    ret_packet->bytes = (uint32_t)where_memory_read((uintptr_t)mbuf.buf_addr + mbuf.data_off,
                                                    ret_packet->data, most);
    return true;
}

/* Big-endian, at an offset; 0 behind the end. */
static unsigned number_at(const struct where_packet *packet, uint32_t offset)
{
    if (offset + 2 > packet->bytes)
        return 0;
    return (unsigned)packet->data[offset] << 8 | packet->data[offset + 1];
}

static unsigned byte_at(const struct where_packet *packet, uint32_t offset)
{
    return offset < packet->bytes ? packet->data[offset] : 0;
}

/* DPDK distinguishes no more protocols than have ports. */
static void write_protocol(unsigned protocol, char *text, size_t capacity)
{
    static const struct {
        unsigned number;
        const char *name;
    } names[] = {{1, "ICMP"}, {2, "IGMP"},    {47, "GRE"},  {50, "ESP"},
                 {51, "AH"},  {58, "ICMPv6"}, {89, "OSPF"}, {112, "VRRP"}};

    for (unsigned i = 0; i < RTE_DIM(names); i++)
        if (names[i].number == protocol) {
            snprintf(text, capacity, "%s", names[i].name);
            return;
        }
    snprintf(text, capacity, "protocol %u", protocol);
}

static void write_type(unsigned type, char *text, size_t capacity)
{
    if (type == 0)
        text[0] = '\0'; /* nobody has written there yet */
    else if (type == 0x0806)
        snprintf(text, capacity, "ARP");
    else if (type == 0x88cc)
        snprintf(text, capacity, "LLDP");
    else
        snprintf(text, capacity, "EtherType 0x%04x", type);
}

/* The innermost header that says something to a person. */
static void write_headers(const struct where_packet *packet, uint32_t type,
                          const struct rte_net_hdr_lens *lens, char *text, size_t capacity)
{
    uint32_t l4 = lens->l2_len + lens->l3_len;
    bool is_v4 = RTE_ETH_IS_IPV4_HDR(type) != 0, is_v6 = RTE_ETH_IS_IPV6_HDR(type) != 0;
    const char *ip = is_v4 ? "IPv4" : "IPv6";
    char protocol[24];

    if (!is_v4 && !is_v6) {
        write_type(number_at(packet, lens->l2_len - 2u), text, capacity);
        return;
    }
    switch (type & RTE_PTYPE_L4_MASK) {
    case RTE_PTYPE_L4_TCP:
    case RTE_PTYPE_L4_UDP:
    case RTE_PTYPE_L4_SCTP:
        snprintf(text, capacity, "%s to port %u, %s", rte_get_ptype_l4_name(type) + strlen("L4_"),
                 number_at(packet, l4 + 2), ip);
        break;
    default:
        write_protocol(byte_at(packet, lens->l2_len + (is_v4 ? 9u : 6u)), protocol,
                       sizeof(protocol));
        snprintf(text, capacity, "%s, %s", protocol, ip);
    }
}

void where_packet_text(const struct where_packet *packet, char *text, size_t capacity)
{
    struct rte_net_hdr_lens lens = {.l2_len = 0};
    struct rte_mbuf mbuf;
    char headers[64] = "";
    uint32_t type;
    int used;

    memset(&mbuf, 0, sizeof(mbuf));
    mbuf.buf_addr = (void *)(uintptr_t)packet->data;
    mbuf.buf_len = mbuf.data_len = (uint16_t)packet->bytes;
    mbuf.pkt_len = packet->bytes;
    mbuf.nb_segs = 1;
    type = rte_net_get_ptype(&mbuf, &lens, RTE_PTYPE_ALL_MASK);
    if (lens.l2_len >= 14 && packet->bytes >= lens.l2_len)
        write_headers(packet, type, &lens, headers, sizeof(headers));
    used = snprintf(text, capacity, "%s%s%u bytes", headers, headers[0] != '\0' ? ", " : "",
                    packet->length);
    if (packet->segments > 1 && used > 0 && (size_t)used < capacity)
        used += snprintf(text + used, capacity - (size_t)used, " in %u segments", packet->segments);
    if (packet->port != RTE_MBUF_PORT_INVALID && used > 0 && (size_t)used < capacity)
        snprintf(text + used, capacity - (size_t)used, ", port %u", packet->port);
}
