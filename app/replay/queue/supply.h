/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SUPPLY_H
#define REPLAY_SUPPLY_H

#include "capture/capture.h"
#include "capture/unique.h"
#include "capture/view.h"
#include "capture/window.h"
#include "queue/cursor.h"

#include <rte_branch_prediction.h>
#include <string.h>

/* The source of a queue's frames: those to be fed, and later the same to compare with. */
struct supply {
    const struct capture *capture;
    const struct pace *pace;
    struct window *window;    /* NULL: the capture is in memory */
    uint64_t unique_ip_loops; /* that have the same addresses; 0: all have the capture's */
};

/* In a window, the cursor of a queue counts that queue's own frames, and learns from the window
 * where its end is. */
static inline void supply_start(const struct supply *supply, struct cursor *cursor)
{
    if (supply->window != NULL)
        cursor_start_counting(cursor);
}

static inline bool supply_look_window(struct window *window, struct cursor *cursor,
                                      struct view *view)
{
    enum window_verdict verdict = window_look(window, cursor->index, view);

    if (verdict == WINDOW_OVER)
        cursor->end = cursor->index;
    return verdict == WINDOW_FRAME;
}

/* The frame at the cursor, which is not at its end; false when it has not been read yet, or when
 * the cursor turns out to be at its end. `scratch` has room for the largest frame of the capture
 * and is needed with --unique-ip only. */
static inline bool supply_look(const struct supply *supply, struct cursor *cursor, uint8_t *scratch,
                               struct view *view)
{
    const struct capture *capture = supply->capture;
    const struct frame *frame;

    if (unlikely(supply->window != NULL))
        return supply_look_window(supply->window, cursor, view);
    frame = &capture->frames[cursor->frame];
    view->bytes = capture->data + frame->offset;
    view->n_bytes = frame->bytes;
    view->is_edited = false;
    view->index = cursor->index;
    view->loop = cursor->loop;
    view->way = capture->ways == NULL ? 0 : capture->ways[cursor->frame];
    view->due_ns = 0;
    if (supply->pace->kind != PACE_TOPSPEED)
        view->due_ns = pace_due_ns(supply->pace, cursor->index, cursor->loop, capture->pass_ns,
                                   (double)frame->time_ns);
    if (supply->unique_ip_loops != 0) {
        memcpy(scratch, view->bytes, view->n_bytes);
        view->is_edited =
            unique_addresses(scratch, view->n_bytes, cursor->loop / supply->unique_ip_loops);
        view->bytes = scratch;
    }
    return true;
}

#endif
