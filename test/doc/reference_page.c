/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* Arenas and pages, as the manual shows their use: each function is the example of some page. */

#include <labyrinth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

/* An arena over a region of the program's own. */
static struct lab_arena *arena_on(const struct lab_region *region)
{
    const struct lab_arena_zone zone = {
        .bytes = region->bytes,
        .node = region->node,
        .memory = region->address,
        .zeroed = true, /* as it was mapped */
    };
    const struct lab_arena_options options = {.name = "own", .zone = &zone, .zones = 1};
    struct lab_error error = {0};
    struct lab_arena *arena;
    void *metadata;
    size_t bytes;

    if (lab_arena_footprint(&options, &bytes, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        return NULL;
    }
    bytes += LAB_CACHE_LINE - bytes % LAB_CACHE_LINE;
    metadata = aligned_alloc(LAB_CACHE_LINE, bytes);
    if (metadata == NULL)
        return NULL;
    memset(metadata, 0, bytes);
    return lab_arena_init(metadata, &options, &arena, &error) == 0 ? arena : NULL;
}

/* An arena that begins small, and grows when the program expects more. */
static struct lab_arena *growing(void)
{
    const struct lab_arena_zone zones[] = {
        {.bytes = 2 * MIB, .node = LAB_NODE_ANY},
        {.bytes = 2 * MIB, .node = LAB_NODE_ANY, .later = true},
    };
    const struct lab_arena_options options = {.name = "grows", .zone = zones, .zones = 2};
    struct lab_error error = {0};
    struct lab_arena *arena;

    if (lab_arena_create(&options, &arena, &error) != 0)
        return NULL;
    if (lab_arena_grow(arena, &error) != 0)
        fprintf(stderr, "no more than %u zones: %s\n", lab_arena_present(arena), error.message);
    return arena;
}

/* A polling thread's first words to an arena: pages of its own node come first. */
static uint32_t join(struct lab_arena *arena, int node)
{
    uint32_t lcore;

    if (lab_lcore_acquire(&lcore) != 0)
        return LAB_LCORE_ANY;
    if (lab_arena_prefer(arena, lcore, node) != 0)
        fprintf(stderr, "the arena has nothing on node %d\n", node);
    return lcore;
}

/* After a thread with that id has ended, and before another one has the id. */
static void drain_dead(struct lab_arena *arena, uint32_t dead)
{
    if (lab_arena_sweep(arena, dead) == -EAGAIN)
        fprintf(stderr, "another one died in the same row: sweep that one, then this again\n");
}

/* A message, in a page that goes back as clean as it came, but for its length. */
static int send_message(struct lab_arena *arena, uint32_t lcore, const char *text)
{
    size_t bytes = strlen(text) + 1;
    unsigned order = lab_page_order_of(bytes);
    void *page;

    if (order == LAB_PAGE_ORDERS ||
        lab_page_alloc(arena, lcore, order, LAB_GFP_NOWAIT | LAB_GFP_ZERO, &page) != 0)
        return -1;
    memcpy(page, text, bytes);
    return lab_page_free_used(arena, lcore, page, order, bytes);
}

/* Memory for a table of `bytes`, in as few runs as there can be. Returns how many, or -1. */
static int table_of(struct lab_arena *arena, size_t bytes, void *runs[], unsigned orders[],
                    int most)
{
    struct lab_error error = {0};
    int n = 0;

    for (; bytes > 0 && n < most; n++) {
        size_t run;

        if (lab_page_fit(arena, LAB_GFP_WAIT, LAB_PAGE_BYTES, bytes, &runs[n], &orders[n],
                         &error) != 0) {
            fprintf(stderr, "%s\n", error.message);
            return -1;
        }
        run = LAB_PAGE_BYTES << orders[n];
        bytes -= run < bytes ? run : bytes;
    }
    return n;
}

/* Adds to a counter in a page that several threads hold, unless another one is just at it. */
static bool add(struct lab_arena *arena, uint32_t lcore, uint64_t *page, uint64_t more)
{
    if (lab_page_trylock(arena, lcore, page) != 0)
        return false;
    *page += more;
    lab_page_unlock(arena, lcore, page);
    return true;
}

/* How much is free, and in runs of which orders. */
static void show(const struct lab_arena *arena)
{
    struct lab_page_map map;

    for (uint32_t zone = 0; lab_page_map(arena, zone, &map) == 0; zone++) {
        const struct lab_page_part_map *common = &map.part[LAB_PAGE_COMMON];

        printf("zone %u, %s: %llu of %llu pages free, the largest order is %d\n", zone,
               lab_pages_name(map.made_of), (unsigned long long)common->free_pages,
               (unsigned long long)common->pages, common->largest);
    }
    printf("a get takes %llu steps at most\n", (unsigned long long)lab_page_steps_max(arena));
}

/* The events of all zones, whenever there were some. */
static void poll_events(const struct lab_arena *arena, uint64_t *seen)
{
    struct lab_page_events events;

    if (lab_page_sequence(arena) == *seen)
        return;
    *seen = lab_page_sequence(arena);
    for (uint32_t zone = 0; lab_page_events(arena, zone, &events) == 0; zone++)
        for (unsigned i = 0; i < LAB_PAGE_EVENTS; i++)
            printf("zone %u: %s %llu\n", zone, lab_page_event_name((enum lab_page_event)i),
                   (unsigned long long)events.count[i]);
}

static int use(struct lab_arena *arena)
{
    uint32_t lcore = join(arena, LAB_NODE_ANY);
    uint64_t seen = 0, *counter;
    unsigned orders[8];
    void *runs[8];
    int n = table_of(arena, 24 * LAB_PAGE_BYTES, runs, orders, 8);

    if (n < 0 ||
        lab_page_alloc(arena, lcore, 0, LAB_GFP_WAIT | LAB_GFP_ZERO, (void **)&counter) != 0)
        return -1;
    if (!add(arena, lcore, counter, 1) || *counter != 1 || send_message(arena, lcore, "hello") != 0)
        return -1;
    show(arena);
    poll_events(arena, &seen);
    lab_page_free(arena, lcore, counter, 0);
    while (n-- > 0)
        lab_page_free(arena, lcore, runs[n], orders[n]);
    lab_lcore_release();
    drain_dead(arena, lcore);
    return 0;
}

int main(void)
{
    const struct lab_region_options options = {.bytes = 4 * MIB, .node = LAB_NODE_ANY};
    struct lab_region region;
    struct lab_arena *grown = growing(), *own;

    if (grown == NULL || use(grown) != 0 || lab_arena_destroy(grown) != 0)
        return 1;
    if (lab_region_create(&options, &region, NULL) != 0)
        return 1;
    own = arena_on(&region);
    return own != NULL && use(own) == 0 && lab_region_destroy(&region) == 0 ? 0 : 1;
}
