/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_SLOW_H
#define LAB_POOL_SLOW_H

/* What the pool's own files share. A slot is lab_pool_slot() of a caller's lcore, in range. */

#include <lab_index.h>
#include <lab_pool.h>

/* The slow halves of get and put, which the audit does not see. */
int lab_pool_take_slow(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                       unsigned n);
void lab_pool_give_slow(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n);

/* lab_pool_slot(LAB_LCORE_ANY): many threads at once. */
#define LAB_POOL_SLOT_ANY LAB_ROSTER_ANY

/* Counts an event, n times. Owner of the slot, or any thread in the first. */
void lab_pool_count_events(struct lab_pool *pool, uint32_t slot, enum lab_pool_event event,
                           unsigned n);

/* Whether a slot's deque has slots; its layout, which other processes may have damaged, is put
 * right where it is not what it is in all deques of this pool. Any thread; wait-free. */
bool lab_pool_has_deque(struct lab_pool *pool, uint32_t slot);

/* Bursts after which a get gives up: more than any needs, unless what some process has damaged
 * leads in circles. */
LAB_INLINE unsigned lab_pool_refills_max(const struct lab_pool *pool)
{
    return 2 * pool->count + 64 * LAB_ROSTER_PLACES_MAX;
}

/* Gives the caller's deque slots, the first time that it has something to keep, as long as there
 * are some. Returns whether it has them. */
bool lab_pool_enrol(struct lab_pool *pool, uint32_t slot);

/* Puts things into a stack; returns how many. What is not this pool's has no link there, and what
 * somebody put before has no second one: both are dropped, and counted, rather than allowed to
 * overwrite the link of another. */
unsigned lab_pool_stack_put(struct lab_pool *pool, uint32_t slot, struct lab_stack *stack,
                            void *const *things, unsigned n);

/* Puts things where the caller's things belong: its deque if it has one with room, else the stack;
 * and what is of the reserve, into the reserve. Returns whether all others went into the deque. */
bool lab_pool_keep(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                   bool publish_all);

/* Where a deque's slots lie, whatever another process has written there: among those of all. */
LAB_INLINE struct lab_deque_ring lab_pool_ring(const struct lab_pool *pool,
                                               const struct lab_deque *deque)
{
    uintptr_t first = (uintptr_t)pool->slots;
    struct lab_deque_ring ring = {
        (lab_atomic_t *)(first + (((uintptr_t)deque->slots - first) & pool->slots_mask)),
        pool->slot_mask};

    return ring;
}

/* By the hot path, where it is closed to callers for somebody's sake, or else by the slow one. */
LAB_INLINE int lab_pool_take(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                             unsigned n)
{
    if (lab_deque_pop_ring_owner(&pool->deque[slot], lab_pool_ring(pool, &pool->deque[slot]),
                                 ret_things, n))
        return 0;
    return lab_pool_take_slow(pool, slot, gfp, ret_things, n);
}

LAB_INLINE void lab_pool_give(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n)
{
    if (lab_unlikely(lab_load_relaxed(&pool->slow_puts) / LAB_POOL_HUNGER != 0) ||
        lab_pool_reserve_is_held(pool) ||
        !lab_deque_push_ring_owner(&pool->deque[slot], lab_pool_ring(pool, &pool->deque[slot]),
                                   things, n))
        lab_pool_give_slow(pool, slot, things, n);
}

/* Get and put while there is an audit. */
int lab_pool_get_audited(struct lab_pool *pool, uint32_t slot, unsigned gfp, void **ret_things,
                         unsigned n, struct lab_audit_site site);
int lab_pool_put_audited(struct lab_pool *pool, uint32_t slot, void *const *things, unsigned n,
                         struct lab_audit_site site);

/* An lcore counts the free things at every so many slow gets: the sum over all deques
 * reads their owners' hot lines, which is no price for one get in some thousands. */
#define LAB_POOL_SAMPLE_EVERY 8u

/* Counts what is free: notes the smallest number yet, and whether a mark is crossed. */
void lab_pool_gauge(struct lab_pool *pool);

LAB_INLINE bool lab_pool_is_calm(const struct lab_pool *pool)
{
    return lab_load_relaxed(&pool->marks.pressure) == LAB_POOL_CALM;
}

/* What lies elsewhere is not of the reserve. */
LAB_INLINE bool lab_pool_lies_in_reserve(const struct lab_pool *pool, const void *thing)
{
    return (size_t)((uintptr_t)thing - pool->reserve_from) < pool->reserve_bytes;
}

/* Another thing of the reserve, when the pool learns of it. */
void lab_pool_widen_reserve(struct lab_pool *pool, const void *thing);

/* Takes up to n things from the reserve into a stack of the caller's; returns how many. */
unsigned lab_pool_take_reserve(struct lab_pool *pool, struct lab_stack *to, unsigned n);

/* Puts back into the reserve what is of it, of n things, at most LAB_STACK_BURST; the others go to
 * ret_others. Returns how many these are, and how many were left out, since they lie there. */
unsigned lab_pool_give_reserve(struct lab_pool *pool, void *const *things, unsigned n,
                               void **ret_others, unsigned *ret_twice);

/* How many bytes apart the buffers of such a pool lie. */
LAB_INLINE uint32_t lab_pool_step(const struct lab_pool_options *options)
{
    uint32_t align = options->align != 0 ? options->align : LAB_CACHE_LINE;

    return (options->buffer_bytes + align - 1) / align * align;
}

/* Buffers on pages: 0 and the most runs that the pool can come to consist of, or what is wrong with
 * the options. */
int lab_pool_plan_runs(const struct lab_pool_options *options, uint32_t *ret_most,
                       struct lab_error *error);

/* Tells the pool a buffer or an object; the errors are those of lab_pool_adopt(), which says that
 * it is held, besides. */
int lab_pool_know(struct lab_pool *pool, void *object);

/* Adopts what the pool does not know of n things that are about to be put, if it is open to that.
 * One thread at a time does so: another waits until it has done, but not for ever. What is not
 * adopted is found out, and told, on its way to the stack. */
void lab_pool_adopt_strangers(struct lab_pool *pool, void *const *things, unsigned n);

/* Tells the reporter of a thing that is not of this pool, and has been dropped. */
void lab_pool_tell_foreign(const struct lab_pool *pool, const void *thing);

/* Cuts buffers from the arena's pages until the pool has all of its own: 0, or a failure of
 * lab_page_fit(), which is told, and after which the pool has none. And gives the pages back. */
int lab_pool_take_runs(struct lab_pool *pool, const struct lab_pool_options *options,
                       struct lab_error *error);
void lab_pool_give_runs(struct lab_pool *pool);

/* Lets go of all that waits in quarantine, so that it can be got. Returns how many things. */
unsigned lab_pool_free_quarantine(struct lab_pool *pool);

/* The halves of lab_pool.slow_puts. */
LAB_INLINE uint64_t lab_pool_hunger(uint64_t slow_puts)
{
    return slow_puts / LAB_POOL_HUNGER;
}

LAB_INLINE uint64_t lab_pool_awaited(uint64_t slow_puts)
{
    return slow_puts % LAB_POOL_HUNGER;
}

/* The audit, or the reserve, has so many things more to look for, or fewer. */
LAB_INLINE void lab_pool_await(struct lab_pool *pool, int64_t things)
{
    if (things != 0)
        (void)lab_fetch_add_relaxed(&pool->slow_puts, (uint64_t)things);
}

/* The lcore of a slot: LAB_LCORE_ANY of the first. */
LAB_INLINE uint32_t lab_pool_lcore(uint32_t slot)
{
    return slot - 1;
}

/* An index may come from memory that others write, too: one that is none finds the first thing. */
LAB_INLINE void *lab_pool_thing(const struct lab_pool *pool, uint32_t index)
{
    size_t bounded = lab_index_bounded(index, pool->count);

    if (pool->stride != 0)
        return pool->buffers + bounded * pool->stride;
    return pool->objects[bounded];
}

#define LAB_POOL_NO_INDEX UINT32_MAX

/* Where a search for an object begins: multiplication spreads what differs in the middle bits. */
LAB_INLINE uint32_t lab_pool_hash(const struct lab_pool *pool, const void *object)
{
    return (uint32_t)(((uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15)) >> 32) &
           pool->hash_mask;
}

/* lab_pool_index() inline. Returns the index, or LAB_POOL_NO_INDEX for what is no thing of this
 * pool. Any thread; wait-free: while another thread adopts strangers, what was adopted before stays
 * where it is, and a new entry is seen whole or not at all. */
LAB_INLINE uint32_t lab_pool_find(const struct lab_pool *pool, const void *thing)
{
    if (lab_unlikely(pool->stride != 0)) {
        size_t offset = (size_t)((uintptr_t)thing - (uintptr_t)pool->buffers);
        size_t index = offset / pool->stride;

        return index < pool->count && offset % pool->stride == 0 ? (uint32_t)index
                                                                 : LAB_POOL_NO_INDEX;
    }
    /* It ends, also where some process has filled all gaps. */
    for (uint32_t at = lab_pool_hash(pool, thing), left = pool->hash_mask;
         lab_likely(pool->hash[at] != 0) && left > 0; at = (at + 1) & pool->hash_mask, left--) {
        uint64_t index = lab_index_bounded(pool->hash[at] - 1, pool->count);

        if (lab_likely(pool->objects[index] == thing))
            return (uint32_t)index;
    }
    return LAB_POOL_NO_INDEX;
}

#endif
