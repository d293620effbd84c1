/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_CAPTURE_H
#define REPLAY_CAPTURE_H

#include "capture/choice.h"
#include "capture/pace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Captures in memory: every frame of every file, one after the other in one block; or, with a
 * stream (stream.h), none of them, and what was counted when they have been read.
 *
 * Invariant: n_read = n_frames + the sum of refused[]; time_ns never falls from one frame to the
 * next. */

/* Why a frame that was read will not be replayed. */
enum refusal {
    REFUSED_ZERO_LENGTH,
    REFUSED_NOT_ETHERNET,
    REFUSED_LARGER_THAN_RING, /* no queue has descriptors enough for it */
    REFUSED_EXCLUDED,         /* by --include and --exclude */
    REFUSED_NOT_SENT,         /* by the cache file */
    REFUSED_FILTERED,         /* by --filter */
    REFUSED_LARGER_THAN_PORT, /* or than one of its buffers, where the port knows no chains */
    REFUSED_SMALLER_THAN_HEADER,
    REFUSALS,
};

/* A frame as it was captured. A queue is fed with views of it (view.h), and its packets are
 * compared with the same views. */
struct frame {
    uint64_t offset;  /* in capture.data */
    uint64_t time_ns; /* as recorded, after the first frame; once planned, when it is due */
    uint32_t bytes;   /* a frame may be larger than 65,535 bytes */
    union {
        uint32_t file; /* of which it is, perhaps with FRAME_SECOND, until flow_spread() */
        uint32_t step; /* from then on: frames to the next one of its queue */
    };
};

/* In frame.file: it goes out on the second of two ports, by a cache file or as the second file. */
#define FRAME_SECOND (UINT32_C(1) << 31)

#define CAPTURE_MAX_QUEUES 64

/* The flows of the frames that will be replayed: flow_count(). */
struct flow_counts {
    bool known; /* not of a stream, nor where memory for counting was short */
    uint64_t n;
    uint64_t n_frames; /* that belong to one */
};

struct capture {
    uint8_t *data;
    size_t data_bytes;
    size_t data_capacity;
    struct frame *frames;
    size_t n_frames;
    size_t frames_capacity;
    double pass_ns; /* what a pass takes: as recorded; once planned, at the pace */

    struct stream *stream; /* NULL: all frames are in memory */

    /* Once spread over several queues: the numbers of the first queue's frames, in their order,
     * then the second's, and so on. NULL: there is one queue, which has all. */
    uint32_t *queued;
    size_t queue_end[CAPTURE_MAX_QUEUES]; /* in queued[] */

    uint8_t *ways; /* which of two ports each frame goes out on (way.h); NULL: there is one */

    struct flow_counts flows;
    uint64_t n_read;
    uint64_t refused[REFUSALS];
    uint64_t n_backward; /* timestamps before an earlier frame's; replayed as if at its time */
    uint64_t n_cut;      /* frames of which the capture holds the beginning only */
    uint32_t largest;    /* bytes of the largest frame that will be replayed */
    bool partial;        /* a file ended too early, or cannot be read to its end */
};

/* How several files become one. */
enum capture_order {
    CAPTURE_APPEND, /* each begins where the one before it ends */
    CAPTURE_MERGE,  /* by the times at which the frames were recorded */
    CAPTURE_BESIDE, /* all begin together, each on a queue of its own, as far as there are some */
};

/* The frames to be replayed, and the limits. */
struct capture_request {
    char *const *files;
    int n_files;
    enum capture_order order;
    struct choice choice;
    const struct way_cache *ways; /* NULL: none; of the one file */
    bool is_dual;                 /* the second file's frames go out on the second of two ports */
    bool pad_ethernet;            /* frames of other links get an Ethernet header, or are refused */
    uint64_t frames;              /* to be replayed; no more are read. 0: no limit */
    uint64_t memory_bytes;        /* that the captures may take; 0 and UINT64_MAX: no limit */
    uint64_t frame_bytes;         /* that a queue can receive at once; 0: no limit */
};

/* Reads the files. Errors are said on stderr. A file that is damaged after its header, or that
 * cannot be read beyond some frame, makes the capture partial and is no failure; one that is
 * missing, no capture, or too large is: -ENOENT…, -EBADMSG, -ENOMEM; so is a filter that is none:
 * -EINVAL. When a signal asks for the end of the run meanwhile, what has been read by then is the
 * capture. */
int capture_load(struct capture *ret_capture, const struct capture_request *request);

/* Memory that it takes, with the index of its queues. */
uint64_t capture_memory_bytes(const struct capture *capture);

void capture_free(struct capture *capture);

/* "zero_length" */
const char *capture_refusal_name(enum refusal reason);

/* Turns the times as recorded into those at which the frames are due at this pace. */
void capture_plan(struct capture *capture, const struct pace *pace);

/* When the last frame of the first pass is due, once planned; and the longest wait before a frame,
 * with the index of that frame. */
uint64_t capture_last_due(const struct capture *capture, const struct pace *pace,
                          uint64_t *ret_longest_ns, size_t *ret_frame);

#endif
