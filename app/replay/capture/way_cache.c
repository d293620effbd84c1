/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "capture/way.h"

#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cache files of tcpprep: a header with numbers in network byte order, a comment, the bits. */

#define MAGIC "tcpprep"
#define VERSION 4
#define FRAMES_PER_BYTE 4
#define HEADER_BYTES 24 /* magic 8, version 4, frames 8, frames in a byte 2, comment 2 */

#define IS_SENT 2u  /* of a frame's two bits */
#define IS_FIRST 1u /* it goes out on the first port */

static uint64_t big(const uint8_t *at, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value = value << 8 | at[i];
    return value;
}

static int refuse(const char *path, const char *why)
{
    complain("--cachefile=%s: %s", path, why);
    return -EBADMSG;
}

static int read_header(const char *path, FILE *file, struct way_cache *cache)
{
    uint8_t header[HEADER_BYTES];
    char version[5] = "";

    if (fread(header, 1, sizeof(header), file) != sizeof(header) ||
        memcmp(header, MAGIC, sizeof(MAGIC)) != 0)
        return refuse(path, "is no cache file of tcpprep's");
    memcpy(version, header + 8, 4);
    if (atoi(version) != VERSION || big(header + 20, 2) != FRAMES_PER_BYTE)
        return refuse(path, "is a cache file of another version than 04: make it anew, with a "
                            "tcpprep of these years");
    cache->n_frames = big(header + 12, 8);
    if (fseek(file, (long)big(header + 22, 2), SEEK_CUR) != 0)
        return refuse(path, strerror(errno));
    return 0;
}

static int read_bits(const char *path, FILE *file, struct way_cache *cache)
{
    long at = ftell(file);
    uint64_t n_bytes = cache->n_frames / FRAMES_PER_BYTE + (cache->n_frames % FRAMES_PER_BYTE != 0);

    if (at < 0 || fseek(file, 0, SEEK_END) != 0 || (uint64_t)(ftell(file) - at) < n_bytes ||
        fseek(file, at, SEEK_SET) != 0)
        return refuse(path, "ends too early");
    cache->bits = malloc(n_bytes + 1);
    if (cache->bits == NULL) {
        complain("--cachefile=%s: no memory", path);
        return -ENOMEM;
    }
    return fread(cache->bits, 1, n_bytes, file) == n_bytes ? 0 : refuse(path, "cannot be read");
}

int way_cache_open(struct way_cache **ret_cache, const char *path)
{
    struct way_cache *cache = calloc(1, sizeof(*cache));
    FILE *file = fopen(path, "re");
    int rc = 0;

    if (cache == NULL || file == NULL) {
        rc = -errno;
        complain("--cachefile=%s: %s", path, strerror(errno));
    }
    if (rc == 0)
        rc = read_header(path, file, cache);
    if (rc == 0)
        rc = read_bits(path, file, cache);
    if (file != NULL)
        fclose(file);
    if (rc != 0)
        way_cache_close(cache);
    else
        *ret_cache = cache;
    return rc;
}

void way_cache_close(struct way_cache *cache)
{
    if (cache == NULL)
        return;
    free(cache->bits);
    free(cache);
}

bool way_cache_look(const struct way_cache *cache, uint64_t number, unsigned *ret_way)
{
    uint64_t at = number - 1;
    unsigned bits = cache->bits[at / FRAMES_PER_BYTE] >> (2 * (at % FRAMES_PER_BYTE));

    *ret_way = (bits & IS_FIRST) == 0;
    return (bits & IS_SENT) != 0;
}
