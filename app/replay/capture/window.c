/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/window.h"

#include <errno.h>
#include <rte_bitops.h> /* rte_align64prevpow2(), since DPDK 24 */
#include <rte_common.h>
#include <stdlib.h>

/* A window has a slot for this number of bytes: half of them are enough for the shortest frames to
 * leave room unused. */
#define BYTES_PER_SLOT 256

/* Without memory. */
static struct window plan(size_t bytes, uint32_t largest)
{
    struct window window = {.n_slots = rte_align64prevpow2(RTE_MAX(bytes / BYTES_PER_SLOT, 64u))};
    size_t slots_bytes = window.n_slots * sizeof(*window.slots);

    window.data_bytes = RTE_MAX(bytes - RTE_MIN(bytes, slots_bytes), (size_t)2 * largest);
    return window;
}

uint64_t window_memory_bytes(size_t bytes, uint32_t largest)
{
    struct window window = plan(bytes, largest);

    return window.data_bytes + window.n_slots * sizeof(*window.slots);
}

int window_open(struct window *ret_window, size_t bytes, uint32_t largest)
{
    struct window window = plan(bytes, largest);
    size_t slots_bytes = window.n_slots * sizeof(*window.slots);

    window.data = malloc(window.data_bytes);
    window.slots = malloc(slots_bytes);
    if (window.data == NULL || window.slots == NULL) {
        window_close(&window);
        return -ENOMEM;
    }
    *ret_window = window;
    return 0;
}

void window_close(struct window *window)
{
    free(window->data);
    free(window->slots);
}

/* Learns what has been given back. */
static void look_at_released(struct window *window)
{
    uint64_t released = lab_load_acquire(&window->released); /* pairs with window_release() */

    if (released == window->n_freed)
        return;
    window->n_freed = released;
    window->freed_end = window->slots[(released - 1) & (window->n_slots - 1)].end;
}

static bool has_room(const struct window *window, uint64_t end)
{
    return window->n_filled - window->n_freed < window->n_slots &&
           end - window->freed_end <= window->data_bytes;
}

uint8_t *window_room(struct window *window, uint32_t n_bytes)
{
    uint64_t at = window->used_end % window->data_bytes, begin = window->used_end;

    if (at + n_bytes > window->data_bytes) {
        begin += window->data_bytes - at;
        at = 0;
    }
    if (!has_room(window, begin + n_bytes)) {
        look_at_released(window);
        if (!has_room(window, begin + n_bytes))
            return NULL;
    }
    window->slots[window->n_filled & (window->n_slots - 1)].end = begin + n_bytes;
    return window->data + at;
}

void window_put(struct window *window, const struct view *view)
{
    struct window_slot *slot = &window->slots[window->n_filled & (window->n_slots - 1)];

    slot->view = *view;
    window->used_end = slot->end;
    window->n_filled++;
    lab_store_release(&window->filled, window->n_filled); /* pairs with window_look() */
}

void window_end(struct window *window)
{
    lab_store_release(&window->ended, 1); /* pairs with window_look() */
}

enum window_verdict window_look(struct window *window, uint64_t k, struct view *ret_view)
{
    if (k >= window->n_known) {
        /* Asked before: what came before the end is seen then. */
        bool ended = lab_load_acquire(&window->ended) != 0; /* pairs with window_end() */

        window->n_known = lab_load_acquire(&window->filled); /* pairs with window_put() */
        if (k >= window->n_known)
            return ended ? WINDOW_OVER : WINDOW_NOT_YET;
    }
    *ret_view = window->slots[k & (window->n_slots - 1)].view;
    return WINDOW_FRAME;
}

void window_release(struct window *window, uint64_t k)
{
    lab_store_release(&window->released, k); /* pairs with look_at_released() */
}
