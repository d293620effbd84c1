/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/unique.h"

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

/* Checksums are made modulo this. */
#define CHECKSUM_RING 65535u

typedef unsigned __int128 wide_t;

/* How far a loop moves what has n positions. The steps are those near the golden section of n whose
 * ratio to n has the smallest partial quotients as a continued fraction, 4 at most: whatever lies
 * closer than n / (5.2 K) does not meet in the first K loops (IPv4's: n / (3.8 K)). */
struct turn {
    uint64_t n;
    uint64_t step;
};

/* The addresses of a width are on a ring of n places. */
struct ring {
    uint64_t n;
    struct turn two; /* of two addresses: half as many positions */
    struct turn one; /* of one on its own: a checksum's ring apart */
};

static const struct ring ring4 = {
    .n = UINT32_MAX,
    .two = {UINT32_MAX / 2, 1327178171},
    .one = {UINT32_MAX / CHECKSUM_RING, 41294},
};
static const struct ring ring6 = {
    .n = UINT64_MAX,
    .two = {UINT64_MAX / 2, UINT64_C(5700357409661577977)},
    .one = {UINT64_MAX / CHECKSUM_RING, UINT64_C(173963757015302)},
};

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

/* Where a position is in this loop. */
static uint64_t advance(uint64_t position, uint64_t loop, struct turn turn)
{
    return (uint64_t)((position + (wide_t)(loop % turn.n) * turn.step) % turn.n);
}

/* One address on its own: what it is modulo CHECKSUM_RING stays. */
static uint64_t move_one(uint64_t address, uint64_t loop, const struct ring *ring)
{
    uint64_t position = advance(address / CHECKSUM_RING, loop, ring->one);

    return position * CHECKSUM_RING + address % CHECKSUM_RING;
}

/* Two that differ: from x to y it is an even way. */
static void move_two(uint64_t *x, uint64_t *y, uint64_t loop, const struct ring *ring)
{
    uint64_t way = *y >= *x ? *y - *x : ring->n - (*x - *y), before, after, by;

    if (way % 2 != 0) {
        uint64_t *other = x;

        x = y;
        y = other;
        way = ring->n - way;
    }
    before = way / 2 - 1;
    after = advance(before, loop, ring->two);
    by = after >= before ? after - before : ring->n - (before - after);
    *x = (uint64_t)(((wide_t)*x + (ring->n - by)) % ring->n);
    *y = (uint64_t)(((wide_t)*y + by) % ring->n);
}

bool unique_addresses(uint8_t *frame, uint32_t n_bytes, uint64_t loop)
{
    uint16_t type = 0;
    uint32_t ip = find_ip(frame, n_bytes, &type);
    bool is_ipv4 = type == RTE_ETHER_TYPE_IPV4;
    unsigned n = is_ipv4 ? 4 : 8; /* bytes of an address that change: its last */
    uint8_t *source = frame + ip + (is_ipv4 ? 12 : 16), *destination = source + (is_ipv4 ? 4 : 16);
    const struct ring *ring = is_ipv4 ? &ring4 : &ring6;
    uint64_t x, y;

    if (loop == 0 || ip == 0 || destination + n > frame + n_bytes ||
        frame[ip] >> 4 != (is_ipv4 ? 4 : 6))
        return false;
    x = get(source, n);
    y = get(destination, n);
    if (x == ring->n && y == ring->n)
        return false;
    if (x != y && x != ring->n && y != ring->n) {
        move_two(&x, &y, loop, ring);
    } else {
        /* All ones are no place on the ring: they are the broadcast's, and stay. */
        x = x == ring->n ? x : move_one(x, loop, ring);
        y = y == ring->n ? y : move_one(y, loop, ring);
    }
    put(source, n, x);
    put(destination, n, y);
    return true;
}
