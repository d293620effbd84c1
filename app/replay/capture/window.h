/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_WINDOW_H
#define REPLAY_WINDOW_H

#include "capture/view.h"

#include <lab_atomic.h>
#include <lab_common.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The frames of one queue that have been read ahead: a ring of their bytes and a ring of slots that
 * say where each one is. One thread reads files into it, one lcore takes frames out of it and gives
 * their room back. Neither ever waits in here.
 *
 * Counters only grow: released <= filled <= released + n_slots; slot k is the k-th frame of the
 * queue, and those from `released` to `filled` are in the window. Bytes are counted likewise, and
 * a frame's bytes are never parted: what is left at the end of the ring is passed over. */
struct window {
    /* The reader's. */
    uint8_t *data;
    uint64_t data_bytes;
    struct window_slot *slots;
    uint64_t n_slots; /* a power of two */
    uint64_t n_filled;
    uint64_t used_end;  /* of the bytes handed out so far */
    uint64_t freed_end; /* of those given back */
    uint64_t n_freed;

    lab_atomic_t filled __attribute__((aligned(LAB_CACHE_LINE)));
    lab_atomic_t ended; /* nothing comes after what is there */

    lab_atomic_t released __attribute__((aligned(LAB_CACHE_LINE)));
    uint64_t n_known; /* the lcore's: `filled` when it last looked */
};

struct window_slot {
    struct view view;
    uint64_t end; /* of its bytes, counted from the first frame on */
};

/* A window of about `bytes`, in which the largest frame has room twice: the memory that it takes,
 * and itself. 0 or -ENOMEM. */
uint64_t window_memory_bytes(size_t bytes, uint32_t largest);
int window_open(struct window *ret_window, size_t bytes, uint32_t largest);
void window_close(struct window *window);

/* Reader: where the next frame's bytes go; NULL while there is no room. */
uint8_t *window_room(struct window *window, uint32_t n_bytes);

/* Reader: shows that frame to the lcore; its bytes are those that had room last. */
void window_put(struct window *window, const struct view *view);

/* Reader: says that it was the last. */
void window_end(struct window *window);

/* Lcore: what is at the k-th frame. */
enum window_verdict {
    WINDOW_FRAME,
    WINDOW_NOT_YET,
    WINDOW_OVER,
};
enum window_verdict window_look(struct window *window, uint64_t k, struct view *ret_view);

/* Lcore: gives back the room of all frames before the k-th. */
void window_release(struct window *window, uint64_t k);

#endif
