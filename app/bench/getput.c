/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "getput.h"

#include "pattern.h"

#include <rte_pause.h>

/* Every lcore gets until it holds `held` buffers, and puts them all back: run to completion. */

static uint64_t get_and_put(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned bulk = turn->setting->bulk, held = turn->setting->held;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n = get_all(pool, worker->objects, held, bulk);

        put_all(pool, worker->objects, n, bulk);
        ops += n;
        if (n == 0)
            rte_pause();
    }
    return ops;
}

/* Apart from the above: with a bulk of 1 that the compiler knows. */
static uint64_t get_and_put_single(struct worker *worker)
{
    const struct turn *turn = worker->turn;
    struct rte_mempool *pool = turn->contender->mempool;
    unsigned held = turn->setting->held;
    uint64_t ops = 0;

    while (!turn_is_over(worker)) {
        unsigned n = get_all(pool, worker->objects, held, 1);

        put_all(pool, worker->objects, n, 1);
        ops += n;
    }
    return ops;
}

const struct pattern local_bulk = {
    .name = "local-bulk",
    .shows = "one lcore gets a burst and puts it back: what a get and a put cost at least",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(0, 256),
    .chunk_us = 50,
    .lcores = LIST(1),
    .bufs = LIST(8191),
    .work = get_and_put,
};

const struct pattern local_single = {
    .name = "local-single",
    .shows = "the same one buffer at a time, 32 held: what a call costs",
    .operation = "buffers got and put back",
    .bulk = LIST(1),
    .cache = LIST(0),
    .chunk_us = 50,
    .lcores = LIST(1),
    .bufs = LIST(8191),
    .held = 32,
    .single = true,
    .work = get_and_put_single,
};

const struct pattern shared_bulk = {
    .name = "shared-bulk",
    .shows = "two lcores do so with one pool: what sharing costs",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(0),
    .chunk_us = 50,
    .lcores = LIST(2),
    .bufs = LIST(8191),
    .work = get_and_put,
};

const struct pattern overflow = {
    .name = "overflow",
    .shows = "two lcores hold 2048 each, more than their mempool caches do: the usual deep queue",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(256),
    .chunk_us = 200,
    .lcores = LIST(2),
    .bufs = LIST(8191),
    .held = 2048,
    .work = get_and_put,
};

const struct pattern oversubscribed = {
    .name = "oversubscribed",
    .shows = "8 threads on 2 CPUs: what a thread that is preempted in a call does to the others",
    .operation = "buffers got and put back",
    .bulk = LIST(32),
    .cache = LIST(0),
    .lcores = LIST(8),
    .bufs = LIST(8191),
    .crowd = CROWD_ALWAYS,
    .work = get_and_put,
};
