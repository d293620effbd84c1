/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CAPTURE_H
#define REPLAY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Captures in memory: every frame of every file, one after the other in one block.
 *
 * Invariant: n_read = n_frames + the sum of refused[]; frames[] is in the order of the files, and
 * time_ns never falls from one frame to the next. */

/* Why a frame that was read will not be replayed. */
enum refusal {
    REFUSED_ZERO_LENGTH,
    REFUSED_NOT_ETHERNET,
    REFUSED_LARGER_THAN_RING, /* no queue has descriptors enough for it */
    REFUSED_LARGER_THAN_PORT, /* or than one of its buffers, where the port knows no chains */
    REFUSED_SMALLER_THAN_HEADER,
    REFUSALS,
};

struct frame {
    uint64_t offset;  /* in capture.data */
    uint64_t time_ns; /* after the first frame of the first file */
    uint32_t bytes;   /* a frame may be larger than 65,535 bytes */
    uint32_t step;    /* frames to the next one of its queue: flow_spread() */
};

#define CAPTURE_MAX_QUEUES 64

struct capture {
    uint8_t *data;
    size_t data_bytes;
    size_t data_capacity;
    struct frame *frames;
    size_t n_frames;
    size_t frames_capacity;
    size_t queue_first[CAPTURE_MAX_QUEUES]; /* n_frames: the queue gets none */

    uint64_t n_read;
    uint64_t refused[REFUSALS];
    uint64_t n_backward; /* timestamps before an earlier frame's; replayed as if at its time */
    uint64_t n_cut;      /* frames of which the capture holds the beginning only */
    uint32_t largest;    /* bytes of the largest frame that will be replayed */
    bool partial;        /* a file ended too early, or cannot be read to its end */
};

struct capture_limits {
    uint64_t frames;       /* to be replayed; no more are read. 0: no limit */
    uint64_t memory_bytes; /* that the captures may take; 0: no limit */
    uint64_t frame_bytes;  /* that a queue can receive at once; 0: no limit */
};

/* Reads the files in turn. What is wrong is said on stderr. A file that is damaged after its
 * header, or that cannot be read beyond some frame, makes the capture partial and is no failure;
 * one that is missing, no capture, or too large is: -ENOENT…, -EBADMSG, -ENOMEM. -EINTR when a
 * signal came. */
int capture_load(struct capture *ret_capture, char *const files[], int n_files,
                 const struct capture_limits *limits);

void capture_free(struct capture *capture);

/* "zero_length" */
const char *capture_refusal_name(enum refusal reason);

/* The time that a pass over the capture takes as recorded. */
uint64_t capture_span_ns(const struct capture *capture);

#endif
