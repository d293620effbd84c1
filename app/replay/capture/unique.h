/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_UNIQUE_H
#define REPLAY_UNIQUE_H

#include <stdbool.h>
#include <stdint.h>

/* Gives a frame, behind any VLAN tags, the IPv4 or IPv6 addresses of its loop.
 *
 * Addresses are places on a ring of N = 2^32 - 1, as one's complement numbers are (of IPv6, the
 * lower half alone, on one of 2^64 - 1: the network stays). Two places have one sum S, and since N
 * is odd exactly one of the two ways round from one to the other is even: 2(p + 1), with p from 0
 * to H - 1, H = (N - 1) / 2. So a pair of addresses, whichever is the source, is S and p, and any
 * other p is another pair of the same sum. Loop k has (p + k M) modulo H: the two move along the
 * ring by equal distances in opposite directions, and never meet.
 *
 * - Both directions of a flow keep to one another, and no flow's ends become equal.
 * - Nothing that covers the addresses notices: N is a multiple of 2^16 - 1, modulo which the
 *   checksums of the Internet are made. So fragments and frames cut short stay right, too.
 * - A flow has no pair of addresses twice in 2^31 - 1 loops, and no two flows of different sums
 *   ever share one. Two of equal sum do so where their p differ by k M. M is near the golden
 * section of H, so that in the first K loops none do that differ by less than H / (3.8 K); flows
 * between neighbours, whose sums are often equal, differ by little.
 *
 * An address that is both source and destination, and one that talks with 255.255.255.255, which
 * stays what it is, moves by multiples of 2^16 - 1 alone: of such there are 65,537.
 *
 * True when there were addresses to be given; not in loop 0, which has the capture's. */
bool unique_addresses(uint8_t *frame, uint32_t n_bytes, uint64_t loop);

#endif
