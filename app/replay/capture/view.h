/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_VIEW_H
#define REPLAY_VIEW_H

#include <stdbool.h>
#include <stdint.h>

/* A frame as it is replayed. */
struct view {
    const uint8_t *bytes;
    uint32_t n_bytes;
    bool is_edited; /* not as in the capture */
    uint8_t way;    /* which of two ports it goes out on; set where there are two */
    uint64_t index; /* of all frames of the run */
    uint64_t loop;
    uint64_t due_ns; /* after the start */
};

#endif
