/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <labyrinth.h>
#include <stdio.h>

int main(void)
{
    /* 64 MiB, of which 2 MiB are for single pages, and 4 MiB for larger orders, that none but
     * LAB_GFP_ATOMIC may take. One more of these for each NUMA node. */
    const struct lab_arena_zone zone = {
        .bytes = (size_t)64 << 20,
        .node = LAB_NODE_ANY,
        .reserve_bytes = (size_t)2 << 20,
        .reserve_runs_bytes = (size_t)4 << 20,
    };
    const struct lab_arena_options options = {
        .name = "frames",
        .zone = &zone,
        .zones = 1,
        .cached_orders = 1u << 2, /* jumbo frames come from deques too */
    };
    struct lab_error error = {0};
    struct lab_arena *arena;
    uint32_t lcore = LAB_LCORE_ANY;
    void *page, *jumbo;

    /* Set-up: may block, says what was short. */
    if (lab_arena_create(&options, &arena, &error) != 0) {
        fprintf(stderr, "no arena: %s\n", error.message);
        return 1;
    }
    (void)lab_lcore_acquire(&lcore); /* this thread's id; without one, it works too */

    /* Polling: never waits. */
    if (lab_page_alloc(arena, lcore, 0, LAB_GFP_NOWAIT | LAB_GFP_ZERO, &page) == 0)
        lab_page_free(arena, lcore, page, 0);
    if (lab_page_alloc(arena, lcore, 2, LAB_GFP_ATOMIC, &jumbo) == 0) {
        printf("16 KiB at %p\n", jumbo);
        lab_page_free(arena, lcore, jumbo, 2); /* from any thread */
    } else {
        struct lab_page_why why;

        if (lab_page_why(arena, lcore, 2, LAB_GFP_ATOMIC, &why) == 0)
            printf("%s: the largest order is %d\n", lab_page_reason_name(why.reason), why.largest);
    }

    /* Idle: cleans pages for those who ask for zeros. */
    (void)lab_housekeep(arena, lcore, 512, NULL);
    return lab_arena_destroy(arena) == 0 ? 0 : 1; /* refuses while a page is still held */
}
