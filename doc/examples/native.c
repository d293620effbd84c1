/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <labyrinth.h>
#include <stdio.h>

int main(void)
{
    const struct lab_pool_options options = {
        .name = "frames",
        .count = 8191,
        .buffer_bytes = 2048,
        .node = LAB_NODE_ANY,
    };
    struct lab_error error = {0};
    struct lab_pool *pool;
    uint32_t lcore;
    void *burst[32];

    /* Set-up: may block, says what was short. */
    if (lab_pool_create(&options, &pool, &error) != 0) {
        fprintf(stderr, "no pool: %s\n", error.message);
        return 1;
    }
    if (lab_lcore_acquire(&lcore) != 0) /* this thread's id; each polling thread takes its own */
        lcore = LAB_LCORE_ANY;          /* works too, at the price of atomics */

    /* Polling: never waits. All 32 buffers, or none and -ENOBUFS. */
    if (lab_pool_get_bulk(pool, lcore, burst, 32) == 0) {
        printf("first buffer at %p, %u of %u free\n", burst[0], lab_pool_count(pool),
               options.count);
        lab_pool_put_bulk(pool, lcore, burst, 32); /* from any thread */
    }
    return lab_pool_destroy(pool) == 0 ? 0 : 1; /* refuses while a buffer is still held */
}
