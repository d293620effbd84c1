/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/capture.h"

#include "capture/source.h"
#include "message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MIB (1024.0 * 1024.0)

const char *capture_refusal_name(enum refusal reason)
{
    static const char *const names[REFUSALS] = {
        [REFUSED_ZERO_LENGTH] = "zero_length",
        [REFUSED_NOT_ETHERNET] = "not_ethernet",
        [REFUSED_LARGER_THAN_RING] = "larger_than_ring",
        [REFUSED_EXCLUDED] = "excluded",
        [REFUSED_NOT_SENT] = "not_sent",
        [REFUSED_FILTERED] = "filtered",
        [REFUSED_LARGER_THAN_PORT] = "larger_than_port",
        [REFUSED_SMALLER_THAN_HEADER] = "smaller_than_header",
    };

    return names[reason];
}

static uint64_t span_ns(const struct capture *capture)
{
    return capture->n_frames == 0 ? 0 : capture->frames[capture->n_frames - 1].time_ns;
}

void capture_plan(struct capture *capture, const struct pace *pace)
{
    struct pace_plan plan;

    pace_plan_start(&plan, pace);
    for (size_t i = 0; i < capture->n_frames; i++) {
        struct frame *frame = &capture->frames[i];

        frame->time_ns = pace_whole_ns(pace_plan_next(&plan, frame->time_ns, frame->bytes));
    }
    capture->pass_ns = pace_plan_pass_ns(&plan);
}

uint64_t capture_last_due(const struct capture *capture, const struct pace *pace,
                          uint64_t *ret_longest_ns, size_t *ret_frame)
{
    uint64_t last_ns = 0;

    *ret_longest_ns = *ret_frame = 0;
    for (size_t i = 0; i < capture->n_frames; i++) {
        uint64_t due_ns =
            pace_due_ns(pace, i, 0, capture->pass_ns, (double)capture->frames[i].time_ns);

        if (due_ns - last_ns > *ret_longest_ns) {
            *ret_longest_ns = due_ns - last_ns;
            *ret_frame = i;
        }
        last_ns = due_ns;
    }
    return last_ns;
}

void capture_free(struct capture *capture)
{
    free(capture->data);
    free(capture->frames);
    free(capture->queued);
    free(capture->ways);
    memset(capture, 0, sizeof(*capture));
}

static int too_large(const struct capture_request *request, double needs_bytes)
{
    complain("%s%s: preloading needs about %.0f MiB of memory, and %.0f MiB may be used (eight "
             "tenths of what is available): replay a part of it, with --limit, or read ahead only, "
             "with --stream",
             request->files[0], request->n_files > 1 ? " and the other files" : "",
             needs_bytes / MIB, (double)request->memory_bytes / MIB);
    return -ENOMEM;
}

/* By the sizes of the files, where all of them is to be replayed: a record's header in the file and
 * its entry in frames[] are about equally large. */
static int look_at_sizes(const struct capture_request *request)
{
    double total = 0;

    if (request->memory_bytes == 0 || request->frames != 0 || !choice_is_all(&request->choice))
        return 0;
    for (int i = 0; i < request->n_files; i++) {
        struct stat status;

        if (stat(request->files[i], &status) == 0 && S_ISREG(status.st_mode))
            total += (double)status.st_size;
    }
    return total > (double)request->memory_bytes ? too_large(request, total) : 0;
}

/* Doubles an array until it has room for `used` of its elements. The part that is never touched
 * never becomes memory. */
static int grow(void **array, size_t *capacity, size_t used, size_t element_bytes)
{
    size_t larger = *capacity == 0 ? 4096 : *capacity;
    void *moved;

    if (used <= *capacity)
        return 0;
    while (larger < used)
        larger *= 2;
    moved = realloc(*array, larger * element_bytes);
    if (moved == NULL)
        return -ENOMEM;
    *array = moved;
    *capacity = larger;
    return 0;
}

static int reserve(struct capture *capture, uint32_t bytes)
{
    int rc = grow((void **)&capture->data, &capture->data_capacity, capture->data_bytes + bytes, 1);

    if (rc != 0)
        return rc;
    return grow((void **)&capture->frames, &capture->frames_capacity, capture->n_frames + 1,
                sizeof(struct frame));
}

/* The last byte of each frame is for flow_spread(). */
#define FRAME_BYTES (sizeof(struct frame) + sizeof(uint32_t) + 1)

uint64_t capture_memory_bytes(const struct capture *capture)
{
    return capture->data_bytes + capture->n_frames * FRAME_BYTES;
}

static int keep(struct capture *capture, const struct capture_request *request, struct frame frame,
                const uint8_t *bytes)
{
    uint64_t memory = capture_memory_bytes(capture) + frame.bytes + FRAME_BYTES;
    int rc;

    if (request->memory_bytes != 0 && memory > request->memory_bytes)
        return too_large(request, (double)memory);
    rc = reserve(capture, frame.bytes);
    if (rc != 0) {
        complain("%s: no memory for frame %" PRIu64, request->files[frame.file & ~FRAME_SECOND],
                 capture->n_read);
        return rc;
    }
    frame.offset = capture->data_bytes;
    capture->frames[capture->n_frames++] = frame;
    memcpy(capture->data + frame.offset, bytes, frame.bytes);
    capture->data_bytes += frame.bytes;
    if (frame.bytes > capture->largest)
        capture->largest = frame.bytes;
    return 0;
}

static int load(struct capture *capture, const struct capture_request *request,
                struct source *source)
{
    const uint8_t *bytes;
    struct frame frame;
    int rc = 0;

    /* The limit counts frames that will be replayed: what lies behind it is not read. */
    while (rc == 0 && (request->frames == 0 || capture->n_frames < request->frames)) {
        rc = source_next(source, &frame, &bytes);
        if (rc != 1)
            return rc;
        rc = keep(capture, request, frame, bytes);
    }
    return rc;
}

int capture_load(struct capture *ret_capture, const struct capture_request *request)
{
    struct capture capture = {0};
    const struct source_how how = {.counts = &capture, .notes = true, .complains = true};
    struct source *source;
    int rc = look_at_sizes(request);

    if (rc == 0)
        rc = source_open(&source, request, &how);
    if (rc == 0) {
        rc = load(&capture, request, source);
        source_close(source);
    }
    if (rc != 0 && rc != -EINTR) {
        capture_free(&capture);
        return rc;
    }
    if (rc == 0 && capture.n_frames == 0 && capture.n_read > 0)
        note("none of the %" PRIu64 " frames read is to be replayed", capture.n_read);
    capture.pass_ns = (double)span_ns(&capture);
    *ret_capture = capture;
    return 0;
}
