/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <labyrinth.h>
#include <stdio.h>

/* A pool of `count` buffers of `bytes` bytes, from the arena's memory. */
static struct lab_pool *make(struct lab_arena *arena, uint32_t count, uint32_t bytes)
{
    const struct lab_pool_options options = {
        .name = "sizes",
        .count = count,
        .buffer_bytes = bytes,
        .node = LAB_NODE_ANY,
        .arena = arena,
    };
    struct lab_error error = {0};
    struct lab_pool *pool = NULL;

    if (lab_pool_create(&options, &pool, &error) != 0)
        fprintf(stderr, "%s\n", error.message);
    return pool;
}

int main(void)
{
    const struct lab_arena_zone zone = {.bytes = (size_t)32 << 20, .node = LAB_NODE_ANY};
    const struct lab_arena_options options = {.name = "memory", .zone = &zone, .zones = 1};
    struct lab_error error = {0};
    struct lab_pool *small, *jumbo;
    struct lab_arena *arena;

    if (lab_arena_create(&options, &arena, &error) != 0) {
        fprintf(stderr, "no arena: %s\n", error.message);
        return 1;
    }
    small = make(arena, 4096, 2176); /* 9 MiB */
    jumbo = make(arena, 1500, 9728); /* 14 MiB: what is left would not do for as much again */
    if (small == NULL || jumbo == NULL)
        return 1;
    lab_pool_destroy(small);        /* its memory is the arena's again, */
    small = make(arena, 64, 65536); /* and becomes buffers of another size */
    lab_pool_destroy(small);
    lab_pool_destroy(jumbo);
    return lab_arena_destroy(arena) == 0 ? 0 : 1; /* refuses while a pool has some of it */
}
