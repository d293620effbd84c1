/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SOURCE_H
#define REPLAY_SOURCE_H

#include "capture/capture.h"

#include <lab_atomic.h>

/* The captures as one: their frames in the order in which they are replayed. */

struct source;

/* The reader of them, and its way: what is read is counted in *counts; the others as in
 * reader.h. */
struct source_how {
    struct capture *counts;
    bool notes;
    bool complains;
    const lab_atomic_t *stopping;
};

/* 0 or -errno, and the reason has been said; -EINTR, and nothing said, when the reading was ended.
 */
int source_open(struct source **ret_source, const struct capture_request *request,
                const struct source_how *how);

/* 1 and a frame, 0 after the last, or -errno as above. The bytes stay until the next one is asked
 * for; nothing is said of where the caller keeps them (offset is 0). */
int source_next(struct source *source, struct frame *ret_frame, const uint8_t **ret_bytes);

void source_close(struct source *source);

#endif
