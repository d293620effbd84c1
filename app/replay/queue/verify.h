/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_VERIFY_H
#define REPLAY_VERIFY_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

bool packet_is_frame_in_pieces(const struct rte_mbuf *packet, const uint8_t *bytes,
                               uint32_t n_bytes);

static inline uint64_t verify_word(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Bits in which 32 bytes differ, without a branch. */
static inline uint64_t verify_32(const uint8_t *a, const uint8_t *b)
{
    return (verify_word(a) ^ verify_word(b)) | (verify_word(a + 8) ^ verify_word(b + 8)) |
           (verify_word(a + 16) ^ verify_word(b + 16)) |
           (verify_word(a + 24) ^ verify_word(b + 24));
}

/* Small ones take two looks that overlap in the middle; the C library knows best how to compare
 * more on this CPU. */
static inline bool verify_bytes(const uint8_t *a, const uint8_t *b, uint32_t n)
{
    if (n > 64 || n < 32)
        return memcmp(a, b, n) == 0;
    return (verify_32(a, b) | verify_32(a + n - 32, b + n - 32)) == 0;
}

/* Whether a received packet is the frame, byte by byte, and says so of itself: pkt_len, the sum
 * of data_len and nb_segs all agree, and a chain ends where they say. Whether a packet of one piece
 * has a next one, its second cache line knows, and nobody looks there. */
static inline bool packet_is_frame(const struct rte_mbuf *packet, const uint8_t *bytes,
                                   uint32_t n_bytes)
{
    if (unlikely(packet->nb_segs != 1))
        return packet_is_frame_in_pieces(packet, bytes, n_bytes);
    return packet->pkt_len == n_bytes && packet->data_len == n_bytes &&
           verify_bytes(rte_pktmbuf_mtod(packet, const uint8_t *), bytes, n_bytes);
}

#endif
