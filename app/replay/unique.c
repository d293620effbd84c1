/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "unique.h"

#include <rte_ether.h>

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

/* The golden section, of 2^64. */
#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* Checksums are made modulo this. */
#define CHECKSUM_RING 65535u

typedef unsigned __int128 wide_t;

/* Big-endian numbers of 4 or 8 bytes. */
static uint64_t get(const uint8_t *at, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value = value << 8 | at[i];
    return value;
}

static void put(uint8_t *at, unsigned n, uint64_t value)
{
    for (; n > 0; value >>= 8)
        at[--n] = (uint8_t)value;
}

/* Where a position among `n` of them is in this loop. */
static uint64_t advance(uint64_t position, uint64_t loop, uint64_t n)
{
    uint64_t step = (uint64_t)((wide_t)n * GOLDEN >> 64);

    return (uint64_t)((position + (wide_t)(loop % n) * step) % n);
}

/* One address on its own: what it is modulo CHECKSUM_RING stays. */
static uint64_t move_one(uint64_t address, uint64_t loop, uint64_t ring)
{
    uint64_t turn = advance(address / CHECKSUM_RING, loop, ring / CHECKSUM_RING);

    return turn * CHECKSUM_RING + address % CHECKSUM_RING;
}

/* Two that differ: from x to y it is an even way. */
static void move_two(uint64_t *x, uint64_t *y, uint64_t loop, uint64_t ring)
{
    uint64_t way = *y >= *x ? *y - *x : ring - (*x - *y), before, after, by;

    if (way % 2 != 0) {
        uint64_t *other = x;

        x = y;
        y = other;
        way = ring - way;
    }
    before = way / 2 - 1;
    after = advance(before, loop, ring / 2);
    by = after >= before ? after - before : ring - (before - after);
    *x = (uint64_t)(((wide_t)*x + (ring - by)) % ring);
    *y = (uint64_t)(((wide_t)*y + by) % ring);
}

bool unique_addresses(uint8_t *frame, uint32_t n_bytes, uint64_t loop)
{
    uint16_t type = 0;
    uint32_t ip = find_ip(frame, n_bytes, &type);
    bool is_ipv4 = type == RTE_ETHER_TYPE_IPV4;
    unsigned n = is_ipv4 ? 4 : 8; /* bytes of an address that change: its last */
    uint8_t *source = frame + ip + (is_ipv4 ? 12 : 16), *destination = source + (is_ipv4 ? 4 : 16);
    uint64_t ring = is_ipv4 ? UINT32_MAX : UINT64_MAX, x, y;

    if (loop == 0 || ip == 0 || destination + n > frame + n_bytes ||
        frame[ip] >> 4 != (is_ipv4 ? 4 : 6))
        return false;
    x = get(source, n);
    y = get(destination, n);
    if (x == ring && y == ring)
        return false;
    if (x != y && x != ring && y != ring) {
        move_two(&x, &y, loop, ring);
    } else {
        /* All ones are no place on the ring: they are the broadcast's, and stay. */
        x = x == ring ? x : move_one(x, loop, ring);
        y = y == ring ? y : move_one(y, loop, ring);
    }
    put(source, n, x);
    put(destination, n, y);
    return true;
}
