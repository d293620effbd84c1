/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unique.h"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <string.h>

#define MAX_TAGS 8 /* more than anybody stacks */

static uint16_t read16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Where the frame's IP header begins, and its EtherType; 0: nowhere. */
static uint32_t find_ip(const uint8_t *frame, uint32_t n_bytes, uint16_t *ret_type)
{
    uint32_t at = 2 * RTE_ETHER_ADDR_LEN;

    for (unsigned tags = 0; tags <= MAX_TAGS && at + 2 <= n_bytes; tags++, at += 4) {
        *ret_type = read16(frame + at);
        if (*ret_type == RTE_ETHER_TYPE_IPV4 || *ret_type == RTE_ETHER_TYPE_IPV6)
            return at + 2;
        if (*ret_type != RTE_ETHER_TYPE_VLAN && *ret_type != RTE_ETHER_TYPE_QINQ)
            return 0;
    }
    return 0;
}

/* Modulo 2^32 - 1, and 2^64 - 1 below: both are multiples of 2^16 - 1, modulo which the checksums
 * of the Internet are made. */
static void add32(uint8_t *address, uint64_t n)
{
    uint32_t word;

    memcpy(&word, address, sizeof(word));
    word = rte_cpu_to_be_32((uint32_t)((rte_be_to_cpu_32(word) + n % UINT32_MAX) % UINT32_MAX));
    memcpy(address, &word, sizeof(word));
}

static void add64(uint8_t *address, uint64_t n)
{
    uint64_t word, sum;

    memcpy(&word, address, sizeof(word));
    word = rte_be_to_cpu_64(word);
    sum = word + n;
    sum += sum < n; /* the carry goes round */
    word = rte_cpu_to_be_64(sum);
    memcpy(address, &word, sizeof(word));
}

bool unique_addresses(uint8_t *frame, uint32_t n_bytes, uint64_t loop)
{
    uint16_t type = 0;
    uint32_t ip = find_ip(frame, n_bytes, &type);
    bool is_ipv4 = type == RTE_ETHER_TYPE_IPV4;
    uint32_t address_bytes = is_ipv4 ? 4 : 16;
    uint8_t *low = frame + ip + (is_ipv4 ? 12 : 8), *high = low + address_bytes, *first = low;

    if (loop == 0 || ip == 0 || high + address_bytes > frame + n_bytes ||
        frame[ip] >> 4 != (is_ipv4 ? 4 : 6))
        return false;
    if (memcmp(low, high, address_bytes) > 0) {
        low = high;
        high = first;
    }
    if (is_ipv4) {
        add32(low, loop % UINT32_MAX);
        add32(high, UINT32_MAX - loop % UINT32_MAX);
    } else {
        /* The lower half is the machine's own; the upper one stays its network. */
        add64(low + 8, loop);
        add64(high + 8, UINT64_MAX - loop);
    }
    return true;
}
