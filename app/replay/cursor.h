/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CURSOR_H
#define REPLAY_CURSOR_H

#include "capture.h"

#include <rte_branch_prediction.h>
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
    const struct frame *frames; /* side by side: those of some files only; NULL: all */
    unsigned queue;
    unsigned n_queues;
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

static inline bool cursor_is_own(const struct cursor *cursor)
{
    return cursor->frames[cursor->frame].file % cursor->n_queues == cursor->queue;
}

static inline void cursor_step(struct cursor *cursor)
{
    cursor->index += cursor->step;
    for (cursor->frame += cursor->step; cursor->frame >= cursor->n_frames; cursor->loop++)
        cursor->frame -= cursor->n_frames;
}

static inline void cursor_next(struct cursor *cursor)
{
    do {
        cursor_step(cursor);
    } while (unlikely(cursor->frames != NULL) && !cursor_at_end(cursor) && !cursor_is_own(cursor));
}

/* Files side by side: the frames of every n_queues-th file. */
static inline void cursor_start_beside(struct cursor *cursor, unsigned queue, unsigned n_queues,
                                       const struct frame *frames, size_t n_frames, uint64_t end)
{
    cursor_start(cursor, 0, 1, n_frames, end);
    cursor->frames = frames;
    cursor->queue = queue;
    cursor->n_queues = n_queues;
    while (cursor->index < n_frames && !cursor_is_own(cursor))
        cursor_step(cursor);
    if (cursor->index == n_frames) /* there are none: nobody need look for them in each loop */
        cursor->end = 0;
}

#endif
