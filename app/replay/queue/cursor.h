/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CURSOR_H
#define REPLAY_CURSOR_H

#include "capture/capture.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The frames of one queue, in order: those of its flows, in a capture that is replayed again and
 * again. One cursor feeds the queue, and a second one, as far behind as the queue is full, knows
 * which frame must come out of it next. */
struct cursor {
    uint64_t index; /* of all frames of the run */
    uint64_t end;   /* the first index that is no longer replayed */
    uint64_t loop;
    uint64_t loop_index;    /* of the loop's first frame */
    size_t frame;           /* in the capture */
    size_t at;              /* of the queue's own frames */
    size_t n_own;           /* in a loop */
    size_t n_frames;        /* of all queues */
    const uint32_t *queued; /* which frames are the queue's own; NULL: all are */
};

/* Not by each frame's distance to the next: the CPU looks at the next frames before it is done with
 * this one, and so it must know which they are. */
static inline void cursor_set(struct cursor *cursor)
{
    cursor->frame = cursor->queued == NULL ? cursor->at : cursor->queued[cursor->at];
    cursor->index = cursor->loop_index + cursor->frame;
}

static inline void cursor_start(struct cursor *cursor, const struct capture *capture,
                                unsigned queue, uint64_t end)
{
    size_t first = queue == 0 ? 0 : capture->queue_end[queue - 1];

    *cursor = (struct cursor){
        .end = end,
        .n_own = capture->queue_end[queue] - first,
        .n_frames = capture->n_frames,
        .queued = capture->queued == NULL ? NULL : capture->queued + first,
    };
    if (cursor->n_own == 0)
        cursor->end = 0;
    else
        cursor_set(cursor);
}

/* A queue's own frames, counted; how many there are turns out on the way. */
static inline void cursor_start_counting(struct cursor *cursor)
{
    *cursor = (struct cursor){.end = UINT64_MAX, .n_own = SIZE_MAX};
}

static inline bool cursor_at_end(const struct cursor *cursor)
{
    return cursor->index >= cursor->end;
}

static inline void cursor_next(struct cursor *cursor)
{
    if (++cursor->at == cursor->n_own) {
        cursor->at = 0;
        cursor->loop++;
        cursor->loop_index += cursor->n_frames;
    }
    cursor_set(cursor);
}

#endif
