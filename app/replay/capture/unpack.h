/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_UNPACK_H
#define REPLAY_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A compressed stream as the bytes that were compressed. One thread uses it. */

/* As read(2): the compressed bytes come from there. */
typedef ssize_t unpack_read_fn(void *context, void *bytes, size_t n);

struct unpack;

/* A stream that begins with these bytes, all of which `read` will give again; NULL in *ret_unpack
 * where it is not compressed in a way that this build unpacks. 0 or -ENOMEM. */
int unpack_open(struct unpack **ret_unpack, const uint8_t head[], size_t n, unpack_read_fn *read,
                void *context);
void unpack_close(struct unpack *unpack);

/* As read(2). EBADMSG: the stream is damaged, or cut short. */
ssize_t unpack_read(struct unpack *unpack, void *bytes, size_t n);

/* "gzip and zstd": the ways that this build unpacks; "" for none. */
const char *unpack_names(void);

/* One way of compression. */
struct unpack_io {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;  /* room in `out` */
    bool is_whole; /* where the stream stands now, it may end */
};

struct unpack_kind {
    const char *magic;
    size_t n_magic;
    void *(*open)(void);                             /* NULL: no memory */
    bool (*step)(void *state, struct unpack_io *io); /* false: damaged. Advances in and out */
    void (*close)(void *state);
};

extern const struct unpack_kind unpack_gzip, unpack_zstd; /* each where the build has its library */

#endif
