/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Events of pools and arenas: who sees that the sequence has changed finds the event. */

#include "explore.h"

#include <errno.h>
#include <lab_arena_cache.h>
#include <lab_arena_node.h>
#include <lab_os.h>
#include <lab_pool_core.h>
#include <string.h>

static struct lab_arena arena;
static struct lab_pool pool; /* no deque is looked at */
static uint64_t sequence, count;

/* Nothing is free. */
uint32_t lab_pool_count(const struct lab_pool *of)
{
    return 0;
}

/* Only an arena that grows maps memory. */
int lab_region_create(const struct lab_region_options *options, struct lab_region *ret_region,
                      struct lab_error *error)
{
    return -ENOSYS;
}

uint64_t lab_barrier_address_space(void)
{
    return 1;
}

void lab_os_yield(void)
{
}

/* Only reports of what is where ask. */
struct lab_page_cache_map lab_arena_cache_count(const struct lab_arena *of, unsigned order,
                                                enum lab_page_kind kind, uint32_t own,
                                                uint32_t zone)
{
    return (struct lab_page_cache_map){0};
}

static void setup(const void *data)
{
    memset(&arena, 0, sizeof(arena));
    arena.zones = 1;
    arena.present.word = 1;
    memset(&pool, 0, sizeof(pool));
    pool.count = 8;
    pool.limits = (struct lab_watermark_limits){1, 2, 4};
    pool.set.state = &pool.state;
    sequence = count = 0;
}

static void raise_in_arena(void)
{
    lab_zone_raise_event(&arena, &arena.zone[0], LAB_PAGE_BELOW_LOW);
}

static void poll_arena(void)
{
    struct lab_page_events events = {0};

    sequence = lab_page_sequence(&arena);
    if (sequence != 0 && lab_page_events(&arena, 0, &events) == 0)
        count = events.count[LAB_PAGE_BELOW_LOW];
}

static void raise_in_pool(void)
{
    lab_pool_sample_free(&pool);
}

static void poll_pool(void)
{
    struct lab_pool_events events;

    sequence = lab_pool_sequence(&pool);
    if (sequence == 0)
        return;
    lab_pool_events(&pool, &events);
    count = events.count[LAB_BELOW_LOW];
}

static void check(void)
{
    if (sequence != 0 && count == 0)
        explore_fail("the sequence has changed, and the event is not there");
    if (sequence != 0)
        explore_witness();
}

static void add(const char *name, void (*raises)(void), void (*polls)(void))
{
    explore_add(&(struct explore_program){.name = name,
                                          .setup = setup,
                                          .thread = {raises, polls},
                                          .thread_name = {"raises", "polls"},
                                          .check = check,
                                          .bound = 4,
                                          .witness = true});
}

void explore_suite(void)
{
    add("events of an arena", raise_in_arena, poll_arena);
    add("events of a pool", raise_in_pool, poll_pool);
}
