/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_UNIQUE_H
#define REPLAY_UNIQUE_H

#include <stdbool.h>
#include <stdint.h>

/* Gives a frame, behind any VLAN tags, IPv4 or IPv6 addresses that no other loop gives it: the
 * lower one grows by the loop's number, the higher one shrinks by it, so that both directions of a
 * flow stay together. Addresses count as one's complement numbers, so their sum, and with it every
 * checksum that covers them, stays what it was: of fragments and of frames cut short, too.
 *
 * True when the frame has changed: not in loop 0, nor where there are no addresses. */
bool unique_addresses(uint8_t *frame, uint32_t n_bytes, uint64_t loop);

#endif
