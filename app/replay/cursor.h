/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CURSOR_H
#define REPLAY_CURSOR_H

#include "capture.h"

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
    size_t frame; /* in the capture */
    size_t n_frames;
    const struct frame *frames;
    bool alone; /* the only queue: all frames, one after the other */
};

static inline void cursor_start(struct cursor *cursor, const struct capture *capture,
                                unsigned queue, unsigned n_queues, uint64_t end)
{
    size_t first = capture->queue_first[queue];

    *cursor = (struct cursor){
        .index = first,
        .end = first == capture->n_frames ? 0 : end,
        .frame = first,
        .n_frames = capture->n_frames,
        .frames = capture->frames,
        .alone = n_queues == 1,
    };
}

/* A queue's own frames, counted; how many there are turns out on the way. */
static inline void cursor_start_counting(struct cursor *cursor)
{
    *cursor = (struct cursor){.end = UINT64_MAX, .n_frames = SIZE_MAX, .alone = true};
}

static inline bool cursor_at_end(const struct cursor *cursor)
{
    return cursor->index >= cursor->end;
}

static inline void cursor_next(struct cursor *cursor)
{
    /* A branch, foreseen, lets the CPU look at the next frame before it knows this one's step. */
    uint32_t step = cursor->alone ? 1 : cursor->frames[cursor->frame].step;

    cursor->index += step;
    cursor->frame += step;
    if (cursor->frame >= cursor->n_frames) {
        cursor->frame -= cursor->n_frames;
        cursor->loop++;
    }
}

#endif
