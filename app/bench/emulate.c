/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "emulate.h"

#include "as_lcore.h"
#include "lru.h"
#include "mix.h"
#include "pattern.h"

#include <errno.h>
#include <math.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

#define BULK_MAX 512

/* Buffers that are received before the count, and during it: each at least so often through the
 * pool, and at least as many as that "in a million" can be said of. */
#define PASSES 4
#define LEAST 1000000u

/* The lines of a packet that a receive path and who frees it touch: the header's two, and the first
 * of the data. */
#define LINES_OF_A_PACKET 3

/* Rounds in a row in which a get may fail before the pool is taken for empty. */
#define FAILS_MAX 1000u

/* Buffers that wait to be freed, in order of age. */
struct queue {
    void **objects;
    unsigned first, n, size;
};

struct counts {
    uint64_t got, handed, misses, fails;
    uint64_t distinct;
    uint64_t counters[LAB_POOL_COUNTERS]; /* of the pool, if it is ours */
};

struct emulation {
    const struct contender *contender;
    const struct setting *setting;
    struct queue *queues; /* one for each lcore */
    uint32_t *putter;     /* by buffer: the lcore that put it last; LAB_LCORE_ANY: not yet */
    bool *seen;           /* by buffer: has been received */
    struct lru lru;
    struct mix_state random;
    struct counts counts;
};

/* A place in the buffer for its number, which nobody else writes to. */
static uint32_t *number_in(const struct emulation *emulation, void *object)
{
    if (emulation->setting->pattern->touched)
        return &((struct rte_mbuf *)object)->hash.usr;
    return object;
}

static void set_number(struct rte_mempool *pool, void *emulation, void *object, unsigned number)
{
    *number_in(emulation, object) = number;
}

/* ---- A burst on its way ---- */

static void count_received(struct emulation *emulation, unsigned lcore, void *const *objects,
                           unsigned n)
{
    struct counts *counts = &emulation->counts;

    for (unsigned i = 0; i < n; i++) {
        uint32_t number = *number_in(emulation, objects[i]);
        uint32_t putter = emulation->putter[number];

        counts->handed += putter != lcore && putter != LAB_LCORE_ANY;
        counts->misses += !lru_use(&emulation->lru, number);
        counts->distinct += !emulation->seen[number];
        emulation->seen[number] = true;
    }
    counts->got += n;
}

/* False: the pool had none. */
static bool receive(struct emulation *emulation, unsigned lcore, unsigned to)
{
    struct queue *queue = &emulation->queues[to];
    unsigned bulk = emulation->setting->bulk;
    void *objects[BULK_MAX];

    if (queue->n + bulk > queue->size)
        return true; /* the other has too much to do, and drops nothing of it */
    if (!as_lcore_get(emulation->contender, lcore, objects, bulk)) {
        emulation->counts.fails++;
        return false;
    }
    count_received(emulation, lcore, objects, bulk);
    for (unsigned i = 0; i < bulk; i++)
        queue->objects[(queue->first + queue->n++) % queue->size] = objects[i];
    return true;
}

/* Frees buffers until `left` are held, a burst at a time. */
static void free_down_to(struct emulation *emulation, unsigned lcore, unsigned left)
{
    struct queue *queue = &emulation->queues[lcore];
    void *objects[BULK_MAX];

    while (queue->n > left) {
        unsigned n = RTE_MIN(queue->n - left, emulation->setting->bulk);

        for (unsigned i = 0; i < n; i++) {
            objects[i] = queue->objects[(queue->first + i) % queue->size];
            emulation->putter[*number_in(emulation, objects[i])] = lcore;
        }
        queue->first = (queue->first + n) % queue->size;
        queue->n -= n;
        as_lcore_put(emulation->contender, lcore, objects, n);
    }
}

/* ---- The roles ---- */

/* One lcore's turn. False: it wanted to receive, and the pool had none. */
static bool take_turn(struct emulation *emulation, unsigned lcore)
{
    unsigned last = emulation->setting->lcores - 1;
    bool got = true;

    switch ((enum traffic)emulation->setting->pattern->traffic) {
    case TRAFFIC_LOCAL:
        got = receive(emulation, lcore, lcore);
        break;
    case TRAFFIC_PAIRS:
        if (lcore % 2 == 0)
            got = receive(emulation, lcore, lcore + 1);
        break;
    case TRAFFIC_FAN_OUT:
        for (unsigned to = 1; lcore == 0 && to <= last; to++)
            got = receive(emulation, 0, to) && got;
        break;
    case TRAFFIC_FAN_IN:
        if (lcore != last)
            got = receive(emulation, lcore, last);
        break;
    case TRAFFIC_RANDOM:
        got = receive(emulation, lcore, mix_below(&emulation->random, last + 1));
        break;
    }
    free_down_to(emulation, lcore, emulation->setting->held);
    return got;
}

static void add_counters(struct emulation *emulation, int64_t sign)
{
    const struct lab_pool *pool = contender_pool(emulation->contender);
    uint64_t *counters = emulation->counts.counters;
    struct lab_pool_lcore_stats stats;

    for (unsigned i = 0; pool != NULL && i < emulation->setting->lcores; i++) {
        if (lab_pool_lcore_stats(pool, i, &stats) != 0)
            continue; /* has never come to a slow path */
        for (unsigned j = 0; j < LAB_POOL_COUNTERS; j++)
            counters[j] += (uint64_t)sign * stats.counter[j];
    }
}

/* Each lcore has a turn. Always in the same order, a ring would give each the very buffers back
 * that it has put itself. Returns how many wanted to receive and found the pool empty. */
static unsigned take_turns(struct emulation *emulation)
{
    unsigned order[RTE_MAX_LCORE], n = emulation->setting->lcores, failed = 0;

    mix_shuffle(&emulation->random, order, n);
    for (unsigned i = 0; i < n; i++)
        failed += !take_turn(emulation, order[i]);
    return failed;
}

/* Runs until `buffers` have been received. False: the pool is empty, and stays so. */
static bool run(struct emulation *emulation, uint64_t buffers)
{
    const struct setting *setting = emulation->setting;
    unsigned fails = 0; /* rounds in a row in which one failed */

    memset(&emulation->counts, 0, sizeof(emulation->counts));
    memset(emulation->seen, 0, setting->bufs * sizeof(*emulation->seen));
    add_counters(emulation, -1);
    while (emulation->counts.got < buffers && fails < FAILS_MAX)
        fails = take_turns(emulation) > 0 ? fails + 1 : 0;
    add_counters(emulation, 1);
    return emulation->counts.got >= buffers;
}

/* ---- The whole ---- */

static void close_emulation(struct emulation *emulation)
{
    for (unsigned i = 0; emulation->queues != NULL && i < emulation->setting->lcores; i++) {
        if (emulation->queues[i].objects != NULL)
            free_down_to(emulation, i, 0);
        free(emulation->queues[i].objects);
    }
    free(emulation->queues);
    free(emulation->putter);
    free(emulation->seen);
    lru_close(&emulation->lru);
}

static bool open_emulation(struct emulation *emulation)
{
    const struct setting *setting = emulation->setting;
    unsigned cached = setting->lru_bytes / CONTENDER_BUFFER_BYTES;

    emulation->random = mix_seed(setting->lcores);
    emulation->queues = calloc(setting->lcores, sizeof(*emulation->queues));
    emulation->putter = malloc(setting->bufs * sizeof(*emulation->putter));
    emulation->seen = malloc(setting->bufs * sizeof(*emulation->seen));
    if (emulation->queues == NULL || emulation->putter == NULL || emulation->seen == NULL ||
        !lru_open(&emulation->lru, setting->bufs, cached))
        return false;
    memset(emulation->putter, 0xff, setting->bufs * sizeof(*emulation->putter));
    for (unsigned i = 0; i < setting->lcores; i++) {
        struct queue *queue = &emulation->queues[i];

        /* All others may have sent it a burst before it frees. */
        queue->size = setting->held + setting->lcores * setting->bulk;
        queue->objects = malloc(queue->size * sizeof(*queue->objects));
        if (queue->objects == NULL)
            return false;
    }
    rte_mempool_obj_iter(emulation->contender->mempool, set_number, emulation);
    return true;
}

static void report(const struct emulation *emulation, double values[MEASURES])
{
    const struct counts *counts = &emulation->counts;
    bool ours = contender_pool(emulation->contender) != NULL;
    double got = (double)counts->got;

    values[MEASURE_DISTINCT] = (double)counts->distinct;
    values[MEASURE_LRU_MISSES] = (double)counts->misses / got;
    values[MEASURE_LINES] = LINES_OF_A_PACKET * (double)counts->handed / got;
    values[MEASURE_FAILS] = (double)counts->fails;
    values[MEASURE_STEALS] = 1e3 * (double)counts->counters[LAB_POOL_GET_STEAL] / got;
    values[MEASURE_PUBLISHES] = 1e3 * (double)counts->counters[LAB_POOL_PUT_PUBLISH] / got;
    values[MEASURE_REVOKES] = 1e6 * (double)counts->counters[LAB_POOL_GET_REVOKE] / got;
    if (!ours)
        values[MEASURE_STEALS] = values[MEASURE_PUBLISHES] = values[MEASURE_REVOKES] = NAN;
}

int emulate(const struct turn *turn, double ret_values[MEASURES])
{
    struct emulation emulation = {.contender = turn->contender, .setting = turn->setting};
    uint64_t buffers = RTE_MAX(PASSES * (uint64_t)turn->setting->bufs, (uint64_t)LEAST);
    int rc = -ENOMEM;

    for (unsigned measure = 0; measure < MEASURES; measure++)
        ret_values[measure] = NAN;
    if (open_emulation(&emulation)) {
        rc = run(&emulation, buffers) && run(&emulation, buffers) ? 0 : -ENOBUFS;
        if (rc == 0)
            report(&emulation, ret_values);
    }
    close_emulation(&emulation);
    return rc;
}

const char *emulate_objection(const char *pool)
{
    if (strcmp(pool, "bucket") == 0)
        return "it has room for the lcores of the EAL alone, and these are others";
    return NULL;
}
