/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WAY_H
#define REPLAY_WAY_H

#include "capture/capture.h"

/* The one of two ports on which a frame goes out: the first has what clients send, and the second
 * what servers answer.
 *
 * By the frames themselves, the client is the sender of a flow's first SYN without ACK; of a flow
 * without one, and of all that is not TCP, the sender of its first frame. Frames that are not IP go
 * out on the first port. tcpprep(1) has other ways of splitting, and writes its answer into a cache
 * file: two bits for each frame, whether it is sent at all and where. */

/* The contents of a cache file: the way of each frame of one capture. */
struct way_cache {
    uint8_t *bits; /* four frames in a byte, the first in the lowest bits */
    uint64_t n_frames;
};

/* 0 or -errno, and the reason has been said. */
int way_cache_open(struct way_cache **ret_cache, const char *path);
void way_cache_close(struct way_cache *cache);

/* Where the frame with this number (the first has 1) goes; false when it is not to be sent. The
 * cache knows it: number <= n_frames. */
bool way_cache_look(const struct way_cache *cache, uint64_t number, unsigned *ret_way);

enum way_split {
    WAY_BY_FLOW,
    WAY_BY_MARK, /* as the frames have been marked with FRAME_SECOND when they were read */
};

/* Sets capture->ways[], before flow_spread(). 0 or -ENOMEM, and the reason has been said. */
int way_split(struct capture *capture, enum way_split split);

#endif
