/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_VERIFY_H
#define REPLAY_VERIFY_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether a received packet is the frame, byte by byte, and says so of itself: pkt_len, the sum
 * of data_len and nb_segs all agree, and the chain ends where they say. */
bool packet_is_frame(const struct rte_mbuf *packet, const uint8_t *bytes, uint32_t n_bytes);

#endif
