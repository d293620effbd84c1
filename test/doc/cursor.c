/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <labyrinth.h>
#include <stdio.h>

/* A table of messages that come and go one by one, in no order. */

#define PLACES 64

static int work(struct lab_pool *pool, uint32_t lcore)
{
    void *message[PLACES] = {NULL};
    struct lab_pool_cursor cursor;

    lab_pool_cursor_open(&cursor, pool, lcore);
    for (unsigned i = 0; i < 100000; i++) {
        void **place = &message[i * 2654435761u >> 26];

        if (*place != NULL) {
            (void)lab_pool_cursor_put(&cursor, *place);
            *place = NULL;
        } else if (lab_pool_cursor_get(&cursor, place) != 0) {
            return 1; /* the pool is empty */
        }
    }
    for (unsigned i = 0; i < PLACES; i++)
        if (message[i] != NULL)
            (void)lab_pool_cursor_put(&cursor, message[i]);
    return 0;
}

int main(void)
{
    const struct lab_pool_options options = {
        .name = "messages", .count = 1024, .buffer_bytes = 256, .node = LAB_NODE_ANY};
    struct lab_error error = {0};
    struct lab_pool *pool;
    uint32_t lcore;
    int rc;

    if (lab_pool_create(&options, &pool, &error) != 0) {
        fprintf(stderr, "no pool: %s\n", error.message);
        return 1;
    }
    if (lab_lcore_acquire(&lcore) != 0)
        return 1;
    rc = work(pool, lcore);
    lab_lcore_release();
    return lab_pool_destroy(pool) == 0 ? rc : 1; /* refuses while something is held */
}
