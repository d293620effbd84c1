/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (64 * 1024)

struct unpack {
    const struct unpack_kind *kind;
    void *state;
    unpack_read_fn *read;
    void *context;
    struct unpack_io io;
    bool is_at_end; /* of the compressed bytes */
    bool is_damaged;
    uint8_t buffer[BUFFER_BYTES];
};

static const struct unpack_kind *const kinds[] = {
#ifdef LABYRINTH_HAS_ZLIB
    &unpack_gzip,
#endif
#ifdef LABYRINTH_HAS_ZSTD
    &unpack_zstd,
#endif
    NULL,
};

const char *unpack_names(void)
{
#if defined(LABYRINTH_HAS_ZLIB) && defined(LABYRINTH_HAS_ZSTD)
    return "gzip and zstd";
#elif defined(LABYRINTH_HAS_ZLIB)
    return "gzip";
#elif defined(LABYRINTH_HAS_ZSTD)
    return "zstd";
#else
    return "";
#endif
}

int unpack_open(struct unpack **ret_unpack, const uint8_t head[], size_t n, unpack_read_fn *read,
                void *context)
{
    const struct unpack_kind *const *kind = kinds;
    struct unpack *unpack;

    while (*kind != NULL &&
           (n < (*kind)->n_magic || memcmp(head, (*kind)->magic, (*kind)->n_magic) != 0))
        kind++;
    *ret_unpack = NULL;
    if (*kind == NULL)
        return 0;
    unpack = calloc(1, sizeof(*unpack));
    if (unpack == NULL)
        return -ENOMEM;
    *unpack = (struct unpack){.kind = *kind, .read = read, .context = context};
    unpack->state = unpack->kind->open();
    if (unpack->state == NULL) {
        free(unpack);
        return -ENOMEM;
    }
    *ret_unpack = unpack;
    return 0;
}

void unpack_close(struct unpack *unpack)
{
    if (unpack == NULL)
        return;
    unpack->kind->close(unpack->state);
    free(unpack);
}

static bool refill(struct unpack *unpack)
{
    ssize_t got = unpack->read(unpack->context, unpack->buffer, sizeof(unpack->buffer));

    if (got < 0)
        return false;
    unpack->is_at_end = got == 0;
    unpack->io.in = unpack->buffer;
    unpack->io.n_in = (size_t)got;
    return true;
}

ssize_t unpack_read(struct unpack *unpack, void *bytes, size_t n)
{
    struct unpack_io *io = &unpack->io;

    io->out = bytes;
    io->n_out = n;
    while (!unpack->is_damaged) {
        if (io->n_in == 0 && !unpack->is_at_end && !refill(unpack))
            return -1;
        unpack->is_damaged = !unpack->kind->step(unpack->state, io);
        if (io->n_out < n)
            return (ssize_t)(n - io->n_out);
        if (unpack->is_at_end && io->n_in == 0 && io->is_whole)
            return 0;
        if (unpack->is_at_end && io->n_in == 0)
            unpack->is_damaged = true;
    }
    errno = EBADMSG;
    return -1;
}
