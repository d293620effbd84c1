/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CURSOR_H
#define REPLAY_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The frames of one queue, in order: every n_queues-th frame of a capture that is replayed
 * again and again. One cursor feeds the queue, and a second one, as far behind as the queue is
 * full, knows which frame must come out of it next. */
struct cursor {
    uint64_t index; /* of all frames of the run */
    uint64_t end;   /* the first index that is no longer replayed */
    uint64_t loop;
    size_t frame; /* in the capture */
    size_t n_frames;
    unsigned step;
};

static inline void cursor_start(struct cursor *cursor, unsigned queue, unsigned n_queues,
                                size_t n_frames, uint64_t end)
{
    *cursor = (struct cursor){
        .index = queue,
        .end = n_frames == 0 ? 0 : end,
        .loop = n_frames == 0 ? 0 : queue / n_frames,
        .frame = n_frames == 0 ? 0 : queue % n_frames,
        .n_frames = n_frames,
        .step = n_queues,
    };
}

static inline bool cursor_at_end(const struct cursor *cursor)
{
    return cursor->index >= cursor->end;
}

static inline void cursor_next(struct cursor *cursor)
{
    cursor->index += cursor->step;
    for (cursor->frame += cursor->step; cursor->frame >= cursor->n_frames; cursor->loop++)
        cursor->frame -= cursor->n_frames;
}

#endif
