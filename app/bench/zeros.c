/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The cost of LAB_GFP_ZERO where a clean page is ready: the same requests with it and without, in
 * turns of some microseconds, from an arena that an idle thread keeps house in. That is this thread
 * itself, between the turns; so both requests find in their deque what they ask for. */

#include "histogram.h"
#include "message.h"
#include "pattern.h"

#include <errno.h>
#include <rte_cycles.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)64 << 20)

/* Requests that are timed together: enough that taking the time is no part of it, and as many as
 * come from the clean deque's public part in one go. */
#define GETS 64u

/* Of a page what its holder writes to. */
#define USED_BYTES 64u

struct zeros {
    struct lab_arena *arena;
    struct histogram clean, plain; /* cycles of GETS requests */
    void *pages[GETS];
    uint64_t dirty; /* pages that were not zero */
};

static void time_gets(struct zeros *zeros, uint32_t lcore, unsigned gfp,
                      struct histogram *histogram)
{
    uint64_t start = rte_rdtsc_precise();
    int rc = 0;

    for (unsigned i = 0; i < GETS; i++)
        rc |= lab_page_alloc(zeros->arena, lcore, 0, gfp, &zeros->pages[i]);
    histogram_add(histogram, rte_rdtsc_precise() - start);
    RTE_VERIFY(rc == 0); /* there are a hundred times as many */
}

/* As a program would that cares for both. */
static void use(struct zeros *zeros, bool zero)
{
    for (unsigned i = 0; i < GETS; i++) {
        uint64_t *page = zeros->pages[i];

        zeros->dirty += zero && *page != 0;
        memset(page, 0x5a, USED_BYTES);
    }
}

static uint64_t work(struct worker *worker)
{
    struct zeros *zeros = worker->turn->state;
    uint32_t lcore = worker->lcore;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        (void)lab_housekeep(zeros->arena, lcore, 4 * GETS, NULL);
        time_gets(zeros, lcore, LAB_GFP_NOWAIT | LAB_GFP_ZERO, &zeros->clean);
        use(zeros, true);
        for (unsigned i = 0; i < GETS; i++)
            (void)lab_page_free_used(zeros->arena, lcore, zeros->pages[i], 0, USED_BYTES);
        time_gets(zeros, lcore, LAB_GFP_NOWAIT, &zeros->plain);
        use(zeros, false);
        for (unsigned i = 0; i < GETS; i++)
            (void)lab_page_free(zeros->arena, lcore, zeros->pages[i], 0);
        ops += 2 * (uint64_t)GETS;
    }
    return ops;
}

static int set_up(struct turn *turn)
{
    const struct lab_arena_zone zone = {.bytes = ARENA_BYTES, .node = LAB_NODE_ANY};
    const struct lab_arena_options options = {
        .name = "zeros", .zone = &zone, .zones = 1, .lcores = RTE_MAX_LCORE, .caches = 1};
    struct zeros *zeros = calloc(1, sizeof(*zeros));
    struct lab_error error = {0};
    int rc;

    if (zeros == NULL)
        return -ENOMEM;
    rc = lab_arena_create(&options, &zeros->arena, &error);
    if (rc != 0) {
        complain("%s", error.message);
        free(zeros);
        return rc;
    }
    turn->state = zeros;
    return 0;
}

static double ns_a_get(const struct histogram *histogram)
{
    return 1e9 / (double)rte_get_tsc_hz() * (double)histogram_quantile(histogram, 0.5) / GETS;
}

static void collect(struct turn *turn, double values[MEASURES])
{
    struct zeros *zeros = turn->state;
    struct lab_page_events events = {0};

    (void)lab_page_events(zeros->arena, 0, &events);
    values[MEASURE_ZERO] = ns_a_get(&zeros->clean);
    values[MEASURE_PLAIN] = ns_a_get(&zeros->plain);
    values[MEASURE_EXTRA] = values[MEASURE_ZERO] - values[MEASURE_PLAIN];
    values[MEASURE_MISSED] = (double)(events.count[LAB_PAGE_ZEROED] + zeros->dirty);
    if (lab_arena_destroy(zeros->arena) != 0)
        complain("arena zeros stays mapped: pages of it are missing");
    free(zeros);
}

const struct pattern page_zero = {
    .name = "page-zero",
    .shows = "single pages that are to be zero, clean ones being ready, and such that are not",
    .operation = "pages got and put back; ranked: ns of a request for zeros",
    .bulk = LIST(1),
    .cache = LIST(0),
    .lcores = LIST(1),
    .bufs = LIST(ARENA_BYTES / LAB_PAGE_BYTES),
    .takes = CONTENDER_BIT(CONTENDER_PAGE),
    .single = true,
    .pages = true,
    .most = 1,
    .measures = MEASURE_BIT(MEASURE_ZERO) | MEASURE_BIT(MEASURE_PLAIN) |
                MEASURE_BIT(MEASURE_EXTRA) | MEASURE_BIT(MEASURE_MISSED),
    .ranked = MEASURE_ZERO,
    .set_up = set_up,
    .collect = collect,
    .work = work,
};
