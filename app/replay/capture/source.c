/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/source.h"

#include "capture/choice.h"
#include "capture/reader.h"
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A file, the frame of it that comes next, and its clock: what was recorded at origin_ns is
 * replayed at base_ns. */
struct input {
    struct reader reader;
    bool is_open;
    bool has_first;
    instant_t time_ns; /* of the frame that comes next */
    instant_t origin_ns;
    uint64_t base_ns;
};

struct source {
    const struct capture_request *request;
    struct source_how how;
    struct bpf_program filter;
    bool has_filter;
    uint64_t last_ns;
    struct input *current; /* its frame has been handed out; NULL: none has */
    int n_opened;
    struct input inputs[]; /* one for each file */
};

static void close_input(struct input *input)
{
    if (input->is_open)
        reader_close(&input->reader);
    input->is_open = false;
}

void source_close(struct source *source)
{
    for (int i = 0; i < source->n_opened; i++)
        close_input(&source->inputs[i]);
    if (source->has_filter)
        pcap_freecode(&source->filter);
    free(source);
}

/* Reads the file's next frame; closes it after the last. */
static int advance(struct source *source, struct input *input)
{
    instant_t before_ns = input->time_ns;
    int rc = reader_next(&input->reader);

    if (rc != 1) {
        close_input(input);
        return rc;
    }
    input->time_ns = input->reader.time_ns;
    if (!input->has_first) {
        input->has_first = true;
        input->origin_ns = input->time_ns;
    } else if (input->time_ns < before_ns) {
        input->time_ns = before_ns;
        source->how.counts->n_backward++;
    }
    return 0;
}

static int open_next(struct source *source)
{
    struct input *input = &source->inputs[source->n_opened];
    const struct reader how = {
        .name = source->request->files[source->n_opened],
        .request = source->request,
        .filter = source->has_filter ? &source->filter : NULL,
        .counts = source->how.counts,
        .notes = source->how.notes,
        .complains = source->how.complains,
        .stopping = source->how.stopping,
    };
    int rc = reader_open(&input->reader, &how);

    if (rc != 0)
        return rc;
    source->n_opened++;
    input->is_open = true;
    input->base_ns = source->last_ns;
    return advance(source, input);
}

/* All of them; to be merged, with one clock: the earliest frame is the first. */
static int open_all(struct source *source)
{
    instant_t earliest_ns = 0;
    bool is_first = true;

    while (source->n_opened < source->request->n_files) {
        const struct input *input = &source->inputs[source->n_opened];
        int rc = open_next(source);

        if (rc != 0)
            return rc;
        if (!input->has_first)
            continue;
        if (is_first || input->origin_ns < earliest_ns)
            earliest_ns = input->origin_ns;
        is_first = false;
    }
    for (int i = 0; source->request->order == CAPTURE_MERGE && i < source->n_opened; i++)
        source->inputs[i].origin_ns = earliest_ns;
    return 0;
}

int source_open(struct source **ret_source, const struct capture_request *request,
                const struct source_how *how)
{
    struct source *source =
        calloc(1, sizeof(*source) + (size_t)request->n_files * sizeof(source->inputs[0]));
    int rc = 0;

    if (source == NULL) {
        complain("no memory for %d files", request->n_files);
        return -ENOMEM;
    }
    source->request = request;
    source->how = *how;
    if (request->choice.filter != NULL) {
        rc = choice_compile(&request->choice, &source->filter);
        source->has_filter = rc == 0;
    }
    if (rc == 0 && request->order != CAPTURE_APPEND)
        rc = open_all(source);
    if (rc != 0) {
        source_close(source);
        return rc;
    }
    *ret_source = source;
    return 0;
}

/* 584 years at most. */
static uint64_t due_ns(const struct input *input)
{
    instant_t due_ns = input->base_ns + (input->time_ns - input->origin_ns);

    return due_ns < UINT64_MAX ? (uint64_t)due_ns : UINT64_MAX;
}

/* The file whose frame comes first; the earlier named one, where two come together. */
static struct input *earliest(struct source *source)
{
    struct input *earliest = NULL;

    for (int i = 0; i < source->n_opened; i++) {
        struct input *input = &source->inputs[i];

        if (input->is_open && (earliest == NULL || due_ns(input) < due_ns(earliest)))
            earliest = input;
    }
    return earliest;
}

int source_next(struct source *source, struct frame *ret_frame, const uint8_t **ret_bytes)
{
    struct input *input;
    int rc = 0;

    if (source->current != NULL)
        rc = advance(source, source->current);
    source->current = NULL;
    while (rc == 0 && (input = earliest(source)) == NULL &&
           source->n_opened < source->request->n_files)
        rc = open_next(source);
    if (rc != 0 || input == NULL)
        return rc;
    source->current = input;
    source->last_ns = due_ns(input);
    source->how.counts->n_read++;
    source->how.counts->n_cut += input->reader.is_cut;
    *ret_frame = (struct frame){
        .time_ns = source->last_ns,
        .bytes = input->reader.n_bytes,
        .file = (uint32_t)(input - source->inputs),
    };
    if (input->reader.way != 0 || (source->request->is_dual && ret_frame->file != 0))
        ret_frame->file |= FRAME_SECOND;
    *ret_bytes = input->reader.bytes;
    return 1;
}
