/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/stream.h"

#include "capture/flow.h"
#include "capture/reader.h"
#include "capture/source.h"
#include "capture/unique.h"
#include "cpus.h"
#include "message.h"
#include "stop.h"

#include <errno.h>
#include <inttypes.h>
#include <lab_os.h>
#include <pthread.h>
#include <rte_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MIB (1024.0 * 1024.0)
#define UNKNOWN_LARGEST 262144 /* what libpcap takes from a pipe at most */
#define NAP_NS 50000           /* while the windows are full: they hold much more than that takes */
#define PATIENCE_NS 1000000000u /* with a pipe that is slow to fill them */

struct stream {
    struct stream_request request;
    uint32_t largest;
    struct capture counts; /* of the first pass of a run */
    bool is_whole;
    struct capture last; /* of the last pass that came to its end, in whichever run */
    bool has_last;
    bool is_partial;    /* some pass was damaged, or is not what the one before it was */
    bool is_changed;    /* the latter, which has been said */
    bool reported_long; /* a frame comes late */
    struct window *windows;
    pthread_t thread;
    lab_atomic_t stopping; /* nothing more is wanted */
    lab_atomic_t is_ready; /* no window has room, or there is no more to read */
};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

static bool is_stopping(const struct stream *stream)
{
    return lab_load_relaxed(&stream->stopping) != 0;
}

/* Waits until the queue's window has room; NULL when nothing more is wanted. */
static uint8_t *wait_for_room(struct stream *stream, struct window *window, uint32_t n_bytes)
{
    uint8_t *room;

    while ((room = window_room(window, n_bytes)) == NULL) {
        lab_store_relaxed(&stream->is_ready, 1); /* alone: nothing is read on the strength of it */
        if (is_stopping(stream))
            return NULL;
        nap();
    }
    return room;
}

static unsigned queue_of(const struct stream *stream, const struct frame *frame,
                         const uint8_t *bytes)
{
    unsigned n_queues = stream->request.n_queues;

    if (n_queues == 1)
        return 0;
    if (stream->request.capture.order == CAPTURE_BESIDE)
        return frame->file % n_queues;
    return flow_hash(bytes, frame->bytes) % n_queues;
}

static bool put(struct stream *stream, const struct frame *frame, const uint8_t *bytes,
                struct view *view)
{
    struct window *window = &stream->windows[queue_of(stream, frame, bytes)];
    uint8_t *room = wait_for_room(stream, window, frame->bytes);

    if (room == NULL)
        return false;
    memcpy(room, bytes, frame->bytes);
    view->bytes = room;
    view->n_bytes = frame->bytes;
    view->is_edited =
        stream->request.unique_ip_loops != 0 &&
        unique_addresses(room, frame->bytes, view->loop / stream->request.unique_ip_loops);
    window_put(window, view);
    return true;
}

/* A position in the run, the schedule of the pass that is being read, and what it has. */
struct passage {
    uint64_t index;
    uint64_t loop;
    double pass_ns;
    struct pace_plan plan;
    struct capture *counts;
};

/* Of a stream, it is not known how long a pass will take; but it is read before it is waited for.
 */
static void report_long_wait(struct stream *stream, const struct view *view)
{
    uint64_t duration_ns = stream->request.duration_ns;
    char wait[32];

    if (stream->reported_long || view->due_ns <= PACE_LONG_NS ||
        (duration_ns != 0 && duration_ns <= view->due_ns))
        return;
    stream->reported_long = true;
    pace_format(view->due_ns, wait, sizeof(wait));
    note("at this pace frame %" PRIu64
         " of those to replay comes %s after the start: --maxsleep=MS "
         "bounds the waits, --duration=SEC the run",
         view->index + 1, wait);
}

/* 1 when the pass has come to its end, 0 when nothing more is wanted, or -errno. */
static int read_pass(struct stream *stream, struct source *source, struct passage *at)
{
    const struct stream_request *request = &stream->request;
    const uint8_t *bytes;
    struct frame frame;
    int rc;

    while (request->capture.frames == 0 || at->index < request->capture.frames) {
        struct view view = {.index = at->index, .loop = at->loop};
        double due_ns;

        if (is_stopping(stream))
            return 0;
        rc = source_next(source, &frame, &bytes);
        if (rc != 1)
            return rc == 0 ? 1 : rc;
        due_ns = pace_plan_next(&at->plan, frame.time_ns, frame.bytes);
        view.due_ns = pace_due_ns(&request->pace, at->index, at->loop, at->pass_ns, due_ns);
        if (at->loop == 0)
            report_long_wait(stream, &view);
        at->counts->n_frames++;
        at->counts->data_bytes += frame.bytes;
        if (!put(stream, &frame, bytes, &view))
            return 0;
        at->index++;
    }
    stream->is_whole = true; /* as much of it as was asked for */
    return 0;
}

static bool is_same(const struct capture *a, const struct capture *b)
{
    return a->n_read == b->n_read && a->n_frames == b->n_frames && a->data_bytes == b->data_bytes &&
           a->n_cut == b->n_cut && a->partial == b->partial &&
           memcmp(a->refused, b->refused, sizeof(a->refused)) == 0;
}

/* Every pass is to be the capture; its files may be cut, replaced, or written to meanwhile. */
static void compare(struct stream *stream, const struct capture *pass, uint64_t loop)
{
    const struct capture *last = &stream->last;

    if (stream->has_last && !is_same(last, pass)) {
        if (!stream->is_changed)
            complain(
                "partial: the capture has changed while it was replayed: pass %" PRIu64
                " has %zu frames to replay (%zu bytes), the pass before it had %zu (%zu bytes)",
                loop + 1, pass->n_frames, pass->data_bytes, last->n_frames, last->data_bytes);
        stream->is_changed = true;
        stream->is_partial = true;
    }
    stream->last = *pass;
    stream->has_last = true;
}

/* 1 when there may be another pass, otherwise as read_pass(). Oddities are said once, in the first
 * pass of all; a damage, in the pass that has it first. */
static int read_once(struct stream *stream, struct passage *at)
{
    struct capture again = {0};
    struct source_how how = {
        .counts = at->loop == 0 ? &stream->counts : &again,
        .notes = !stream->has_last,
        .complains = !stream->is_partial,
        .stopping = &stream->stopping,
    };
    struct source *source;
    int rc = source_open(&source, &stream->request.capture, &how);

    if (rc != 0)
        return rc;
    at->counts = how.counts;
    pace_plan_start(&at->plan, &stream->request.pace);
    rc = read_pass(stream, source, at);
    source_close(source);
    at->pass_ns = pace_plan_pass_ns(&at->plan);
    stream->is_partial |= how.counts->partial;
    if (rc != 1)
        return rc;
    compare(stream, how.counts, at->loop);
    stream->is_whole = true;
    return how.counts->n_frames > 0; /* or no pass would ever come to an end */
}

static void *stream_thread(void *argument)
{
    struct stream *stream = argument;
    uint64_t loops = stream->request.loops;
    struct passage at = {0};
    int rc = 1;

    for (; rc == 1 && (loops == 0 || at.loop < loops); at.loop++)
        rc = read_once(stream, &at);
    if (rc < 0 && rc != -EINTR)
        stream->is_partial = true; /* and why has been said */
    for (unsigned i = 0; i < stream->request.n_queues; i++)
        window_end(&stream->windows[i]);
    lab_store_relaxed(&stream->is_ready, 1); /* alone, as above */
    return NULL;
}

static void close_windows(struct stream *stream)
{
    for (unsigned i = 0; stream->windows != NULL && i < stream->request.n_queues; i++)
        window_close(&stream->windows[i]);
    free(stream->windows);
    stream->windows = NULL;
}

static int open_windows(struct stream *stream)
{
    unsigned n = stream->request.n_queues;

    stream->windows = aligned_alloc(LAB_CACHE_LINE, n * sizeof(*stream->windows));
    if (stream->windows == NULL)
        return -ENOMEM;
    memset(stream->windows, 0, n * sizeof(*stream->windows));
    for (unsigned i = 0; i < n; i++) {
        if (window_open(&stream->windows[i], stream->request.window_bytes / n, stream->largest)) {
            close_windows(stream);
            return -ENOMEM;
        }
    }
    return 0;
}

int stream_start(struct stream *stream)
{
    int rc = open_windows(stream);

    if (rc == 0) {
        stream->counts = (struct capture){0};
        stream->is_whole = false;
        lab_store_relaxed(&stream->stopping, 0);
        lab_store_relaxed(&stream->is_ready, 0);
        rc = -cpus_start_thread(&stream->thread, stream_thread, stream);
    }
    if (rc != 0) {
        complain("no memory or no thread to read ahead with: %s", strerror(-rc));
        close_windows(stream);
        return rc;
    }
    for (uint64_t start_ns = lab_os_clock_ns(); lab_load_relaxed(&stream->is_ready) == 0 &&
                                                stop_requested() != STOP_SIGNAL &&
                                                lab_os_clock_ns() - start_ns < PATIENCE_NS;)
        nap();
    return 0;
}

struct window *stream_window(struct stream *stream, unsigned queue)
{
    return &stream->windows[queue];
}

void stream_stop(struct stream *stream)
{
    lab_store_relaxed(&stream->stopping, 1); /* which input.c sees, too */
    pthread_join(stream->thread, NULL);
    close_windows(stream);
}

bool stream_is_whole(const struct stream *stream)
{
    return stream->is_whole;
}

void stream_count(const struct stream *stream, struct capture *capture)
{
    const struct capture *counts = &stream->counts;

    capture->n_frames = counts->n_frames;
    capture->data_bytes = counts->data_bytes;
    capture->n_read = counts->n_read;
    memcpy(capture->refused, counts->refused, sizeof(capture->refused));
    capture->n_backward = counts->n_backward;
    capture->n_cut = counts->n_cut;
    capture->partial = stream->is_partial;
}

uint64_t stream_memory_bytes(const struct stream *stream)
{
    unsigned n = stream->request.n_queues;

    return n * window_memory_bytes(stream->request.window_bytes / n, stream->largest);
}

void stream_close(struct stream *stream)
{
    free(stream);
}

static bool is_pipe(const char *name)
{
    struct stat status;

    return strcmp(name, "-") == 0 ||
           (stat(name, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

/* Facts that can only be known of a file that can be opened twice are asked now, before the run. */
static int look_at(struct stream *stream, const char *name)
{
    struct reader reader = {
        .name = name, .request = &stream->request.capture, .counts = &stream->counts};
    int rc;

    if (is_pipe(name)) {
        stream->largest = RTE_MAX(stream->largest, (uint32_t)UNKNOWN_LARGEST);
        if (stream->request.loops == 1 && stream->request.reads_once)
            return 0;
        complain(
            "%s: can be read only once: --stream needs a file for --loop, --repeat, --find-size "
            "and several pools",
            name);
        return -ESPIPE;
    }
    rc = reader_open(&reader, &reader);
    if (rc != 0)
        return rc;
    stream->largest = RTE_MAX(stream->largest, reader_largest(&reader));
    reader_close(&reader);
    return 0;
}

static int look_at_all(struct stream *stream)
{
    const struct capture_request *capture = &stream->request.capture;
    struct bpf_program filter;
    int rc;

    if (capture->memory_bytes != 0 && stream->request.window_bytes > capture->memory_bytes) {
        complain("--window=%.0f: %.0f MiB of memory may be used (eight tenths of what is "
                 "available)",
                 (double)stream->request.window_bytes / MIB, (double)capture->memory_bytes / MIB);
        return -ENOMEM;
    }
    if (capture->choice.filter != NULL) {
        rc = choice_compile(&capture->choice, &filter);
        if (rc != 0)
            return rc;
        pcap_freecode(&filter);
    }
    for (int i = 0; i < capture->n_files; i++) {
        rc = look_at(stream, capture->files[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int stream_open(struct capture *ret_capture, const struct stream_request *request)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    int rc;

    if (stream == NULL) {
        complain("no memory to read ahead with");
        return -ENOMEM;
    }
    stream->request = *request;
    rc = look_at_all(stream);
    if (rc != 0) {
        stream_close(stream);
        return rc;
    }
    if (request->capture.frame_bytes != 0)
        stream->largest = RTE_MIN(stream->largest, (uint32_t)request->capture.frame_bytes);
    stream->request.capture.frame_bytes = stream->largest; /* what the windows are made for */
    *ret_capture = (struct capture){.stream = stream, .largest = stream->largest};
    return 0;
}
