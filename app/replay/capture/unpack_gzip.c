/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/unpack.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

/* gzip, of one member or several, as `cat a.gz b.gz` makes them. */

#define ANY_WINDOW_OF_GZIP (15 + 16)

struct gzip {
    z_stream stream;
    bool is_between; /* two members, or behind the last */
    bool is_over;    /* other bytes follow the last one: they are passed over, as gzip does */
};

static void *open_gzip(void)
{
    struct gzip *gzip = calloc(1, sizeof(*gzip));

    if (gzip != NULL && inflateInit2(&gzip->stream, ANY_WINDOW_OF_GZIP) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

static void close_gzip(void *state)
{
    struct gzip *gzip = state;

    inflateEnd(&gzip->stream);
    free(gzip);
}

static int inflate_some(struct gzip *gzip, struct unpack_io *io)
{
    z_stream *stream = &gzip->stream;
    uInt n_in = io->n_in < UINT_MAX ? (uInt)io->n_in : UINT_MAX;
    uInt n_out = io->n_out < UINT_MAX ? (uInt)io->n_out : UINT_MAX;
    int rc;

    stream->next_in = (Bytef *)(uintptr_t)io->in;
    stream->avail_in = n_in;
    stream->next_out = io->out;
    stream->avail_out = n_out;
    rc = inflate(stream, Z_NO_FLUSH);
    io->in += n_in - stream->avail_in;
    io->n_in -= n_in - stream->avail_in;
    io->out += n_out - stream->avail_out;
    io->n_out -= n_out - stream->avail_out;
    return rc;
}

static bool step_gzip(void *state, struct unpack_io *io)
{
    struct gzip *gzip = state;
    int rc;

    if (gzip->is_between && io->n_in > 0) {
        gzip->is_over = gzip->is_over || io->in[0] != 0x1f || inflateReset(&gzip->stream) != Z_OK;
        gzip->is_between = gzip->is_over;
    }
    io->is_whole = gzip->is_between;
    if (gzip->is_over)
        io->n_in = 0;
    if (gzip->is_between)
        return true;
    rc = inflate_some(gzip, io);
    gzip->is_between = io->is_whole = rc == Z_STREAM_END;
    return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR;
}

const struct unpack_kind unpack_gzip = {"\x1f\x8b", 2, open_gzip, step_gzip, close_gzip};
