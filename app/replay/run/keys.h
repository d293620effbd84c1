/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_KEYS_H
#define REPLAY_KEYS_H

#include <lab_atomic.h>

/* --oneatatime: a thread that reads standard input, of which each byte lets one frame pass: a key
 * pressed on a terminal, or what another program writes. The end of the input, and on a terminal
 * q and Ctrl-D, mean that no further frame is to pass. */

struct keys_count {
    lab_atomic_t pressed;
    lab_atomic_t ended; /* `pressed` grows no more */
};

struct keys;

/* 0 or -errno, and the reason has been said. *count outlives the keys. */
int keys_start(struct keys **ret_keys, struct keys_count *count);

/* Ends the thread, and leaves the terminal as it was. */
void keys_end(struct keys *keys);

#endif
