/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/unpack.h"

#include <zstd.h>

/* zstd, of one frame or several. */

static void *open_zstd(void)
{
    return ZSTD_createDStream();
}

static void close_zstd(void *state)
{
    ZSTD_freeDStream(state);
}

static bool step_zstd(void *state, struct unpack_io *io)
{
    ZSTD_inBuffer in = {io->in, io->n_in, 0};
    ZSTD_outBuffer out = {io->out, io->n_out, 0};
    size_t rc;

    if (io->n_in == 0 && io->is_whole) /* or it would begin another frame */
        return true;
    rc = ZSTD_decompressStream(state, &out, &in);
    io->in += in.pos;
    io->n_in -= in.pos;
    io->out += out.pos;
    io->n_out -= out.pos;
    io->is_whole = rc == 0;
    return ZSTD_isError(rc) == 0;
}

const struct unpack_kind unpack_zstd = {"\x28\xb5\x2f\xfd", 4, open_zstd, step_zstd, close_zstd};
