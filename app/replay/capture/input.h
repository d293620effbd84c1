/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_INPUT_H
#define REPLAY_INPUT_H

#include <lab_atomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A file, a FIFO or standard input ("-") as a stream for libpcap, unpacked where it is compressed.
 * A read waits for bytes no longer than the run lasts, so that neither a signal nor the end of a
 * run waits for a pipe into which nobody writes; and what the file begins with can be looked at
 * before it is read. */

#define INPUT_HEAD_BYTES 24 /* the shortest capture's: a pipe may not have more for a while */

struct input_head {
    uint8_t bytes[INPUT_HEAD_BYTES];
    size_t n; /* fewer where the file is shorter */
};

/* The stream, to be closed with fclose(3), and its first bytes. Reads fail with EBADMSG where what
 * is compressed is damaged, and with EINTR once a signal has come or `stopping` is set (NULL: it
 * never is), which must outlive the stream. 0 or -errno. */
int input_open(FILE **ret_file, struct input_head *ret_head, const char *name,
               const lab_atomic_t *stopping);

/* Whether such reads fail by now. */
bool input_is_over(const lab_atomic_t *stopping);

#endif
