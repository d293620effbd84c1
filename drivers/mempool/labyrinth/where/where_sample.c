/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* One look at all structures that hold objects of a pool: its driver's, DPDK's caches, all rings,
 * and what the audit knows of hand-overs. A stale entry, behind a length or outside of two indices,
 * does not count. */

#define ALLOW_EXPERIMENTAL_API /* functions of rte_stack.h that this file does not call */

#include "where_cache.h"

#include "labyrinth_driver.h"

#include <lab_audit_quarantine.h>
#include <lab_intercept.h>
#include <lab_os.h>
#include <rte_eal_memconfig.h>
#include <rte_stack.h>
#include <rte_tailq.h>
#include <string.h>

TAILQ_HEAD(ring_list, rte_tailq_entry); /* as rte_ring.c has it */

/* A look in the making. */
struct look {
    struct where_sample *sample;
    const struct where_pool *pool;
    const struct where_caches *caches;
    struct where_spot spot; /* of what is shown to note() */
    bool is_there;
};

static void note(void *context, uintptr_t pointer)
{
    const struct look *look = context;
    uint32_t object = where_set_find_start(&look->pool->set, pointer);

    if (object != WHERE_NO_OBJECT)
        look->sample->spot[object] = look->spot;
}

static void note_at(struct look *look, enum where_place place, uint32_t detail, const void *object)
{
    look->spot = (struct where_spot){(uint8_t)place, detail};
    note(look, (uintptr_t)object);
}

/* Labyrinth's own */

static void take_deque(struct look *look, const struct lab_pool *ours, uint32_t lcore_index)
{
    const struct lab_deque *deque = &ours->deque[lcore_index];
    struct lab_deque_span span = lab_deque_span_any(deque);
    uint64_t split = lab_load_relaxed(&deque->split);

    if (span.end - span.top > deque->capacity)
        return;
    for (uint64_t at = span.top; at != span.end; at++)
        note_at(look, at - span.top < split - span.top ? WHERE_PUBLIC : WHERE_PRIVATE,
                lab_pool_lcore(lcore_index), lab_deque_object_any(deque, at));
}

/* A look, and the pool whose indices are shown. */
struct indices {
    struct look *look;
    const struct lab_pool *ours;
};

static void note_index(void *context, uint32_t index)
{
    const struct indices *indices = context;

    note(indices->look, (uintptr_t)lab_pool_object(indices->ours, index));
}

static void take_stack(struct look *look, const struct lab_pool *ours,
                       const struct lab_stack *stack, enum where_place place)
{
    struct indices indices = {look, ours};

    look->spot = (struct where_spot){(uint8_t)place, 0};
    for (int tries = 0; tries < 3 && lab_stack_walk_any(stack, note_index, &indices) != 0; tries++)
        ; /* others changed it too much; other samples will be undisturbed */
}

/* The hand-overs that were stated, and the quarantine. */
static void take_records(struct look *look, const struct lab_pool *ours,
                         const struct lab_audit *audit)
{
    for (uint32_t i = 0; i < audit->quarantine; i++) {
        uint64_t entry = lab_load_relaxed(lab_audit_place(audit, i));

        if (entry != 0)
            note_at(look, WHERE_QUARANTINE, 0, lab_pool_object(ours, (uint32_t)entry - 1));
    }
    if (lab_audit_level(audit) != LAB_AUDIT_FULL)
        return;
    for (uint32_t i = 0; i < ours->adopted; i++) {
        const struct lab_audit_record *record = &audit->table->record[i];
        uint64_t word = lab_load_acquire(&record->word); /* U2: or its sites are older */
        uint64_t process = lab_audit_process(audit, lab_audit_word_process_slot(word));

        if (lab_audit_word_state(word, word) != LAB_AUDIT_HELD ||
            lab_load_relaxed(&record->handed_site) == 0)
            continue;
        if (lab_audit_word_lcore(word) >= LAB_AUDIT_DEVICE)
            note_at(look, WHERE_DEVICE, lab_audit_word_lcore(word) - LAB_AUDIT_DEVICE,
                    lab_pool_object(ours, i));
        else if (process != 0 && process != lab_audit_self())
            note_at(look, WHERE_PROCESS, (uint32_t)lab_os_process_pid(process),
                    lab_pool_object(ours, i));
    }
}

static void take_labyrinth(struct look *look)
{
    const struct lab_pool *ours = look->pool->data;

    for (uint32_t lcore_index = 1; lcore_index <= ours->lcores; lcore_index++)
        if (lab_pool_has_deque(ours, lcore_index))
            take_deque(look, ours, lcore_index);
    take_stack(look, ours, &ours->stack, WHERE_STACK);
    take_stack(look, ours, &ours->reserve, WHERE_RESERVE);
    if (lab_audit_of(ours) != NULL)
        take_records(look, ours, lab_audit_of(ours));
}

/* DPDK's */

static void take_rte_stack(struct look *look)
{
    const struct rte_stack *stack = look->pool->data;
    const struct rte_stack_lf_elem *element = stack->stack_lf.used.head.top;

    if ((stack->flags & RTE_STACK_F_LF) == 0) {
        for (uint32_t i = 0; i < RTE_MIN(stack->stack_std.len, stack->capacity); i++)
            note_at(look, WHERE_OPS_STACK, 0, stack->stack_std.objs[i]);
        return;
    }
    for (uint32_t n = 0; n < stack->capacity && element >= stack->stack_lf.elems &&
                         element < &stack->stack_lf.elems[stack->capacity];
         n++, element = element->next)
        note_at(look, WHERE_OPS_STACK, 0, element->data);
}

static void take_caches(struct look *look)
{
    const struct rte_mempool *mp = look->pool->mp;

    for (unsigned lcore = 0; mp->cache_size > 0 && lcore < RTE_MAX_LCORE; lcore++) {
        const struct rte_mempool_cache *cache = &mp->local_cache[lcore];
        uint32_t len = RTE_MIN(cache->len, (uint32_t)RTE_DIM(cache->objs));

        for (uint32_t i = 0; i < len; i++)
            note_at(look, WHERE_CACHE, lcore, cache->objs[i]);
    }
}

static void take_rings(struct look *look)
{
    const struct ring_list *list = RTE_TAILQ_LOOKUP("RTE_RING", ring_list);
    const struct rte_tailq_entry *entry = list != NULL ? TAILQ_FIRST(list) : NULL;
    struct where_sample *sample = look->sample;

    for (sample->rings = 0; entry != NULL && sample->rings < WHERE_RINGS_MAX;
         entry = TAILQ_NEXT(entry, next)) {
        look->spot = (struct where_spot){WHERE_RING, sample->rings};
        if (look->pool->driver == WHERE_DRIVER_RING && entry->data == look->pool->data)
            look->spot = (struct where_spot){WHERE_OPS_RING, 0};
        sample->rings +=
            where_ring_read((uintptr_t)entry->data, note, look, &sample->ring[sample->rings]);
    }
}

static void take_all(const struct rte_mempool *mp, void *context)
{
    struct look *look = context;

    /* A mempool of that name may have been made again meanwhile. */
    if (mp != look->pool->mp || mp->pool_data != look->pool->data)
        return;
    look->is_there = true;
    take_rings(look);
    if (look->pool->driver == WHERE_DRIVER_STACK)
        take_rte_stack(look);
    else if (look->pool->driver == WHERE_DRIVER_LABYRINTH)
        take_labyrinth(look);
    take_caches(look);
    look->spot = (struct where_spot){WHERE_OWN_CACHE, 0};
    where_cache_each(look->caches, note, look);
}

bool where_sample_take(struct where_sample *sample, const struct where_pool *pool,
                       const struct where_caches *caches)
{
    struct look look = {sample, pool, caches, {WHERE_UNKNOWN, 0}, false};

    memset(sample->spot, 0, pool->set.n * sizeof(*sample->spot));
    return labyrinth_look_at_any(pool->name, take_all, &look) && look.is_there;
}

bool where_sample_make(struct where_sample *ret_sample, const struct where_pool *pool)
{
    struct where_sample sample = {
        .spot = where_memory_get((pool->set.n + 1) * sizeof(*sample.spot)),
        .ring = where_memory_get(WHERE_RINGS_MAX * sizeof(*sample.ring)),
    };

    *ret_sample = sample;
    return sample.spot != NULL && sample.ring != NULL;
}

void where_sample_free(struct where_sample *sample)
{
    where_memory_put(sample->spot);
    where_memory_put(sample->ring);
    *sample = (struct where_sample){.rings = 0};
}
