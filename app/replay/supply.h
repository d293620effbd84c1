/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SUPPLY_H
#define REPLAY_SUPPLY_H

#include "capture.h"
#include "cursor.h"
#include "unique.h"

#include <string.h>

/* A frame as it is replayed. */
struct view {
    const uint8_t *bytes;
    uint32_t n_bytes;
    bool is_edited; /* not as in the capture */
    uint64_t index; /* of all frames of the run */
    uint64_t loop;
    uint64_t due_ns; /* after the start */
};

/* What gives a queue its frames: those to be fed, and later the same to compare with. */
struct supply {
    const struct capture *capture;
    const struct pace *pace;
    bool unique_ip;
};

/* The frame at the cursor, which is not at its end; `scratch` has room for the largest of the
 * capture and is needed with --unique-ip only. */
static inline void supply_look(const struct supply *supply, const struct cursor *cursor,
                               uint8_t *scratch, struct view *view)
{
    const struct capture *capture = supply->capture;
    const struct frame *frame = &capture->frames[cursor->frame];

    view->bytes = capture->data + frame->offset;
    view->n_bytes = frame->bytes;
    view->is_edited = false;
    view->index = cursor->index;
    view->loop = cursor->loop;
    view->due_ns = 0;
    if (supply->pace->kind != PACE_TOPSPEED)
        view->due_ns = pace_due_ns(supply->pace, cursor->index, cursor->loop, capture->pass_ns,
                                   (double)frame->time_ns);
    if (supply->unique_ip) {
        memcpy(scratch, view->bytes, view->n_bytes);
        view->is_edited = unique_addresses(scratch, view->n_bytes, cursor->loop);
        view->bytes = scratch;
    }
}

#endif
