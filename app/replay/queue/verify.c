/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "queue/verify.h"

bool packet_is_frame_in_pieces(const struct rte_mbuf *packet, const uint8_t *bytes,
                               uint32_t n_bytes)
{
    const struct rte_mbuf *segment = packet;
    uint32_t compared = 0;

    if (packet->pkt_len != n_bytes)
        return false;
    for (uint32_t n = packet->nb_segs; n > 0; n--, segment = segment->next) {
        if (segment == NULL || segment->data_len > n_bytes - compared)
            return false;
        if (memcmp(rte_pktmbuf_mtod(segment, const uint8_t *), bytes + compared,
                   segment->data_len) != 0)
            return false;
        compared += segment->data_len;
    }
    return segment == NULL && compared == n_bytes;
}
