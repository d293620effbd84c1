/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Threads that get zeros, write and put, while two others keep house: zeros are zeros. */

#include "stress.h"
#include <lab_page.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 4, CLEANERS = 2, HOLD = 40, LCORES = WORKERS + 1, MIB = 1 << 20 };

static struct lab_arena *arena;
static lab_atomic_t over, gets;

struct worker {
    struct actor actor;
    uint32_t lcore;
};

static void expect_zero(const char *memory, size_t bytes)
{
    expect(memory[0] == 0 && memcmp(memory, memory + 1, bytes - 1) == 0, "not all is zero");
}

static void work(void *argument)
{
    const struct worker *worker = argument;
    uint64_t random = stress_seed + worker->lcore;
    void *page[HOLD];
    unsigned order[HOLD], n = 0, done = 0;

    while (lab_load_relaxed(&over) == 0 || n > 0) {
        bool more = lab_load_relaxed(&over) == 0 && n < HOLD && random_below(&random, 2);
        unsigned k = random_below(&random, 8) ? 0 : random_below(&random, 6);

        if (more &&
            lab_page_alloc(arena, worker->lcore, k, LAB_GFP_ATOMIC | LAB_GFP_ZERO, &page[n]) == 0) {
            expect_zero(page[n], LAB_PAGE_BYTES << k);
            memset(page[n], 0xff, LAB_PAGE_BYTES << k);
            order[n++] = k;
            done++;
        } else if (n > 0) {
            n--;
            expect(lab_page_free(arena, worker->lcore, page[n], order[n]) == 0, "a free failed");
        }
    }
    (void)lab_fetch_add_relaxed(&gets, done);
}

static void keep(void *argument)
{
    const struct worker *worker = argument;

    while (lab_load_relaxed(&over) == 0) {
        expect(lab_housekeep(arena, worker->lcore, 64, NULL) == 0, "housekeeping failed");
        sleep_ms(0.1);
    }
}

int main(void)
{
    static struct worker workers[WORKERS + CLEANERS];
    const struct lab_arena_zone zone = {
        .bytes = 16 * (size_t)MIB, .node = LAB_NODE_ANY, .pages = LAB_PAGES_NORMAL};
    const struct lab_arena_options options = {
        .name = "stress", .zone = &zone, .zones = 1, .lcores = LCORES, .cached_orders = 1u << 1};
    struct lab_page_events events;
    struct lab_error error;

    stress_begin("pages_clean");
    expect(lab_arena_create(&options, &arena, &error) == 0, "%s", error.message);
    for (uint32_t i = 0; i < WORKERS + CLEANERS; i++) {
        workers[i].lcore =
            i < LCORES ? i : LAB_LCORE_ANY; /* a cleaner with an id, and one without */
        actor_start(&workers[i].actor, THREADS, i < WORKERS ? work : keep, &workers[i]);
    }
    sleep_ms(1000 * stress_seconds(1.5));
    lab_store_relaxed(&over, 1);
    for (unsigned i = 0; i < WORKERS + CLEANERS; i++)
        actor_join(&workers[i].actor);
    expect(lab_page_events(arena, 0, &events) == 0, "no events");
    printf("%llu gets, %llu zeroed by themselves\n", (unsigned long long)lab_load_relaxed(&gets),
           (unsigned long long)events.count[LAB_PAGE_ZEROED]);
    expect(lab_arena_destroy(arena) == 0, "pages are lost");
    return 0;
}
