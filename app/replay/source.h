/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include "capture.h"

/* The captures as one: their frames in the order in which they are replayed. */

struct source_frame {
    uint64_t time_ns;     /* as recorded, after the first one; never falls */
    const uint8_t *bytes; /* until the next one is asked for */
    uint32_t n_bytes;
    unsigned file; /* which of them it is from */
};

struct source;

/* What is read is counted in *counts, and with `tells` what is odd is said. 0 or -errno, and the
 * reason has been said. */
int source_open(struct source **ret_source, const struct capture_request *request,
                struct capture *counts, bool tells);

/* 1 and a frame, 0 after the last, or -errno, and the reason has been said. */
int source_next(struct source *source, struct source_frame *ret_frame);

void source_close(struct source *source);

#endif
