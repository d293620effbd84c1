/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_LINK_H
#define REPLAY_LINK_H

#include <stdint.h>

/* Ethernet headers for frames of links that are not Ethernet. */

#define LINK_ETHERNET_BYTES 14

/* Writes the header that the frame's content would have on Ethernet, between two made-up stations,
 * and returns the bytes of its own header, which give way to that. The EtherType is the right one
 * for IP on the link types that carry little else (raw, loopback), and the one that the header of
 * Linux's cooked captures names; any other frame stays whole, behind one that is set aside for
 * experiments. */
uint32_t link_to_ethernet(int link, const uint8_t *bytes, uint32_t n_bytes,
                          uint8_t ret_header[LINK_ETHERNET_BYTES]);

#endif
