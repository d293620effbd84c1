/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_PACKET_H
#define WHERE_PACKET_H

/* The packets in mbufs that somebody may be changing, or freeing: they are copied before they are
 * looked at, and lengths are not believed. */

#include "where_pool.h"

#define WHERE_PACKET_BYTES 3000u /* of one, at most */

struct where_packet {
    uint32_t bytes;  /* that were copied */
    uint32_t length; /* of the whole packet */
    uint16_t port;   /* RTE_MBUF_PORT_INVALID where none is stated */
    uint16_t segments;
    unsigned char data[WHERE_PACKET_BYTES];
};

/* Copies up to `most` bytes from the first segment of an object's packet. False: it is none. */
bool where_packet_read(const struct where_pool *pool, uint32_t object, uint32_t most,
                       struct where_packet *ret_packet);

/* "UDP to port 53, IPv4, 90 bytes, port 0". */
void where_packet_text(const struct where_packet *packet, char *text, size_t capacity);

#endif
