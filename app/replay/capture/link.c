/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/link.h"

#include <pcap/dlt.h>
#include <pcap/pcap.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_EXPERIMENT 0x88b5 /* IEEE 802, local experimental 1 */
#define ETHERTYPE_LEAST 0x0600      /* below, the field is a length */

/* LINKTYPE_ numbers that libpcap hands on as they are. */
#define LINK_RAW 101
#define LINK_SLL2 276

static uint16_t read16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* By the version in the first four bits. */
static uint16_t ip_ethertype(const uint8_t *bytes, uint32_t n_bytes, uint32_t at)
{
    if (n_bytes > at && bytes[at] >> 4 == 4)
        return ETHERTYPE_IPV4;
    if (n_bytes > at && bytes[at] >> 4 == 6)
        return ETHERTYPE_IPV6;
    return ETHERTYPE_EXPERIMENT;
}

static uint16_t cooked_ethertype(const uint8_t *bytes, uint32_t n_bytes, uint32_t header,
                                 uint32_t at)
{
    uint16_t type = n_bytes < header ? 0 : read16(bytes + at);

    return type >= ETHERTYPE_LEAST ? type : ETHERTYPE_EXPERIMENT;
}

static uint16_t ethertype(int link, const uint8_t *bytes, uint32_t n_bytes, uint32_t *ret_header)
{
    switch (link) {
    case DLT_RAW:
    case LINK_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
        *ret_header = 0;
        return ip_ethertype(bytes, n_bytes, 0);
    case DLT_NULL:
    case DLT_LOOP:
        *ret_header = 4;
        return ip_ethertype(bytes, n_bytes, 4);
    case DLT_LINUX_SLL:
        *ret_header = 16;
        return cooked_ethertype(bytes, n_bytes, 16, 14);
    case LINK_SLL2:
        *ret_header = 20;
        return cooked_ethertype(bytes, n_bytes, 20, 0);
    default:
        return ETHERTYPE_EXPERIMENT;
    }
}

uint32_t link_to_ethernet(int link, const uint8_t *bytes, uint32_t n_bytes,
                          uint8_t ret_header[LINK_ETHERNET_BYTES])
{
    static const uint8_t stations[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    uint32_t header = 0;
    uint16_t type = ethertype(link, bytes, n_bytes, &header);

    memcpy(ret_header, stations, sizeof(stations));
    ret_header[12] = (uint8_t)(type >> 8);
    ret_header[13] = (uint8_t)type;
    return type == ETHERTYPE_EXPERIMENT ? 0 : header;
}
