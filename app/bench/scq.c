/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "scq.h"

#include <stdlib.h>

/* As the paper has it, and so with its sequentially consistent accesses, of which lab_atomic.h has
 * none.
 *
 * An entry is one word: the round of the ring in which it was filled, whether it is safe (no get of
 * a later round has given it up), and an index, or NOTHING. */

#define NOTHING UINT64_C(0xffffffff)
#define SAFE (UINT64_C(1) << 32)
#define ROUND_SHIFT 33
#define LEAST_ORDER 3 /* the entries of a cache line */

static uint64_t entry_of(uint64_t round, uint64_t safe, uint64_t index)
{
    return round << ROUND_SHIFT | safe | index;
}

/* The sign of the difference between the rounds of two entries, which wrap around. */
static int64_t later(uint64_t a, uint64_t b)
{
    return (int64_t)((a & ~(SAFE | NOTHING)) - (b & ~(SAFE | NOTHING)));
}

/* Neighbouring places lie in different cache lines: those who come one after the other do not fight
 * for one. */
static _Atomic uint64_t *entry_at(struct scq *scq, uint64_t place)
{
    uint64_t mask = (UINT64_C(1) << scq->order) - 1, at = place & mask;

    return &scq->entries[(at << LEAST_ORDER | at >> (scq->order - LEAST_ORDER)) & mask];
}

/* A get has found nothing at 3n - 1 places in a row: there is nothing (theorem of the paper). */
static int64_t full_threshold(const struct scq *scq)
{
    return (INT64_C(3) << (scq->order - 1)) - 1;
}

struct scq *scq_create(uint32_t n)
{
    unsigned order = LEAST_ORDER + 1;
    struct scq *scq;

    while (UINT64_C(1) << order < 2 * (uint64_t)n)
        order++;
    scq = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*scq) + (sizeof(uint64_t) << order));
    if (scq == NULL)
        return NULL;
    scq->order = order;
    atomic_init(&scq->head, UINT64_C(1) << order); /* round 1: the entries are of round 0 */
    atomic_init(&scq->tail, UINT64_C(1) << order);
    atomic_init(&scq->threshold, -1);
    for (uint64_t i = 0; i < UINT64_C(1) << order; i++)
        atomic_init(&scq->entries[i], entry_of(0, SAFE, NOTHING));
    return scq;
}

void scq_destroy(struct scq *scq)
{
    free(scq);
}

/* Fills one place; false when a get was there first, or the place is taken. */
static bool fill(struct scq *scq, uint64_t place, uint32_t index)
{
    _Atomic uint64_t *at = entry_at(scq, place);
    uint64_t entry = atomic_load(at);
    uint64_t mine = entry_of(place >> scq->order, SAFE, index);

    while (later(entry, mine) < 0 && (entry & NOTHING) == NOTHING &&
           ((entry & SAFE) != 0 || atomic_load(&scq->head) <= place)) {
        if (atomic_compare_exchange_weak(at, &entry, mine))
            return true;
    }
    return false;
}

void scq_put(struct scq *scq, uint32_t index)
{
    while (!fill(scq, atomic_fetch_add(&scq->tail, 1), index))
        ;
    if (atomic_load(&scq->threshold) != full_threshold(scq))
        atomic_store(&scq->threshold, full_threshold(scq));
}

/* Empties one place, or leaves it so that no put of this round fills it any more. */
static bool empty(struct scq *scq, uint64_t place, uint32_t *ret_index)
{
    _Atomic uint64_t *at = entry_at(scq, place);
    uint64_t entry = atomic_load(at), mine = entry_of(place >> scq->order, 0, 0), left;

    do {
        if (later(entry, mine) == 0) {
            *ret_index = (uint32_t)atomic_fetch_or(at, NOTHING);
            return true;
        }
        if (later(entry, mine) > 0)
            return false;
        left = (entry & NOTHING) == NOTHING ? mine | (entry & SAFE) | NOTHING : entry & ~SAFE;
    } while (!atomic_compare_exchange_weak(at, &entry, left));
    return false;
}

/* Gets have overtaken the puts: the next puts begin where those are. */
static void catch_up(struct scq *scq, uint64_t tail, uint64_t head)
{
    while (!atomic_compare_exchange_weak(&scq->tail, &tail, head)) {
        head = atomic_load(&scq->head);
        tail = atomic_load(&scq->tail);
        if (tail >= head)
            return;
    }
}

bool scq_get(struct scq *scq, uint32_t *ret_index)
{
    if (atomic_load(&scq->threshold) < 0)
        return false;
    for (;;) {
        uint64_t place = atomic_fetch_add(&scq->head, 1), tail;

        if (empty(scq, place, ret_index))
            return true;
        tail = atomic_load(&scq->tail);
        if (tail <= place + 1) {
            catch_up(scq, tail, place + 1);
            atomic_fetch_sub(&scq->threshold, 1);
            return false;
        }
        if (atomic_fetch_sub(&scq->threshold, 1) <= 0)
            return false;
    }
}

uint32_t scq_count(const struct scq *scq)
{
    uint32_t n = 0;

    for (uint64_t i = 0; i < UINT64_C(1) << scq->order; i++)
        n += (scq->entries[i] & NOTHING) != NOTHING;
    return n;
}
