/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_STREAM_H
#define REPLAY_STREAM_H

#include "capture/capture.h"
#include "capture/window.h"

/* Captures that are not loaded: a thread of its own reads them while they are replayed, ahead of
 * each queue by what fits in a window. Read again for each loop, and for each run. */

struct stream_request {
    struct capture_request capture;
    struct pace pace;
    uint64_t loops;        /* 0: for ever */
    uint64_t window_bytes; /* for all queues together */
    unsigned n_queues;
    bool reads_once; /* there is one run, so that a pipe will do if there is one loop, too */
    uint64_t unique_ip_loops; /* as in struct supply */
    uint64_t duration_ns;     /* of a run; 0: until its last frame */
};

struct stream;

/* Looks at the files, reads none, and sets ret_capture->stream and ->largest. 0, or -errno as
 * capture_load() gives, and the reason has been said. */
int stream_open(struct capture *ret_capture, const struct stream_request *request);
void stream_close(struct stream *stream);

/* The memory that its windows take, while it reads. */
uint64_t stream_memory_bytes(const struct stream *stream);

/* Begins to read, and returns when a window is full, the files are at their end, or a second is
 * over. 0 or -errno. */
int stream_start(struct stream *stream);

struct window *stream_window(struct stream *stream, unsigned queue);

/* Ends the reading. */
void stream_stop(struct stream *stream);

/* Whether the files have been read to their end at least once. */
bool stream_is_whole(const struct stream *stream);

/* The counts of the first pass of the last run, which it puts into *capture. Partial is what any
 * pass of any run made it. */
void stream_count(const struct stream *stream, struct capture *capture);

#endif
