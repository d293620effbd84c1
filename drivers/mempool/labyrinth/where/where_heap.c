/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The blocks of glibc's malloc(): those of the program's main heap, which lie end to end, and large
 * ones, which are mapped each for itself. Before each lies its size. Another allocator's memory,
 * and the further arenas of threads, have none that are known here. */

#include "where_map.h"

#include <string.h>

#define HEAD_BYTES (2 * sizeof(size_t)) /* a chunk's: the size of the one before, and its own */
#define CHUNK_FLAGS ((size_t)7)
#define MAPPED_FLAG ((size_t)2)
#define CHUNK_ALIGN ((size_t)16)
#define WINDOW_BYTES ((size_t)64 << 10)
#define CHUNKS_MAX ((size_t)1 << 20) /* of a heap of more, the rest has no names */

/* A window that goes along a heap. */
struct window {
    unsigned char *bytes;
    uintptr_t start;
    size_t n;
};

static size_t chunk_bytes(struct window *window, uintptr_t chunk, size_t *ret_flags)
{
    size_t size;

    if (chunk < window->start || chunk + HEAD_BYTES > window->start + window->n) {
        window->start = chunk;
        window->n = where_memory_read(chunk, window->bytes, WINDOW_BYTES);
        if (window->n < HEAD_BYTES)
            return 0;
    }
    memcpy(&size, window->bytes + (chunk - window->start) + sizeof(size_t), sizeof(size));
    *ret_flags = size & CHUNK_FLAGS;
    return size & ~CHUNK_FLAGS;
}

/* The program takes blocks and gives them back meanwhile: the walk ends where it makes no sense. */
static void take_chunks(struct where_map *map, struct where_range heap, bool is_mapped,
                        struct window *window)
{
    uintptr_t chunk = heap.start;
    size_t bytes, flags;

    window->n = 0;
    while (chunk < heap.end && map->chunks < CHUNKS_MAX &&
           (bytes = chunk_bytes(window, chunk, &flags)) >= 2 * CHUNK_ALIGN &&
           bytes % CHUNK_ALIGN == 0 && bytes <= heap.end - chunk &&
           ((flags & MAPPED_FLAG) != 0) == is_mapped) {
        struct where_range *block = WHERE_MAP_ADD(map, chunk);

        if (block == NULL)
            return;
        *block = (struct where_range){chunk + HEAD_BYTES, chunk + bytes};
        chunk += bytes;
    }
}

void where_map_read_heap(struct where_map *map)
{
    struct window window = {.bytes = where_memory_get(WINDOW_BYTES)};

    for (size_t i = 0; window.bytes != NULL && i < map->mappings; i++) {
        const struct where_mapping *mapping = &map->mapping[i];

        if (mapping->kind == WHERE_MAPPING_HEAP)
            take_chunks(map, mapping->at, false, &window);
        else if (mapping->kind == WHERE_MAPPING_OTHER && mapping->name[0] == '\0' &&
                 !mapping->is_shared && !where_map_is_dpdk(map, mapping->at.start))
            take_chunks(map, mapping->at, true, &window);
    }
    where_memory_put(window.bytes);
    where_range_sort(map->chunk, map->chunks);
}

const struct where_range *where_map_chunk(const struct where_map *map, uintptr_t address)
{
    return where_range_find(map->chunk, map->chunks, address);
}
