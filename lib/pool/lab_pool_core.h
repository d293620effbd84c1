/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_CORE_H
#define LAB_POOL_CORE_H

/* Shared by the pool's own files, and called by the floor above. An lcore index is
 * lab_pool_lcore_index() of a caller's lcore, in range. */

#include <lab_index.h>
#include <lab_pool.h>

/* The slow halves of get and put, which nobody intercepts. The get returns 0 or -ENOBUFS, which is
 * not counted yet: lab_pool_fail(). */
int lab_pool_core_get_slow(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                           void **ret_objects, unsigned n);
void lab_pool_core_put_slow(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                            unsigned n);

/* Makes public what is in the private part of the calling thread's deque, so that others find it
 * without having to revoke it: for an lcore that will not use the pool for long, such as one that
 * has just filled it. Returns 0; -EINVAL when lcore is not an id of this pool; for LAB_LCORE_ANY
 * there is nothing to do. Lock-free. */
int lab_pool_publish(struct lab_pool *pool, uint32_t lcore);

/* Makes public what lies in the private parts of those lcores that have nothing public, as a get
 * does that starves; the others publish at their next put. Any thread; lock-free; never blocks an
 * lcore; system calls as of a revocation. */
void lab_pool_publish_all(struct lab_pool *pool);

/* Counts a get that failed, and what is free. Returns -ENOBUFS. */
int lab_pool_fail(struct lab_pool *pool, uint32_t lcore_index);

/* Adds n to a counter. Owner of the lcore index, or any thread at the first. */
LAB_INLINE void lab_pool_add_to_counter(struct lab_pool *pool, uint32_t lcore_index,
                                        enum lab_pool_counter counter, unsigned n)
{
    lab_atomic_t *value = &pool->slow[lcore_index].counter[counter];

    if (lcore_index != LAB_DEQUE_SET_ANY)
        lab_count_owner(value, n);
    else
        lab_fetch_add_relaxed(value, n);
}

/* Whether an lcore has a deque with slots. Any thread; wait-free. */
LAB_INLINE bool lab_pool_has_deque(const struct lab_pool *pool, uint32_t lcore_index)
{
    return lab_deque_set_has_any(&pool->set, &pool->array, lcore_index);
}

/* Bursts after which a get gives up: more than any needs, unless what some process has damaged
 * leads in circles. */
LAB_INLINE unsigned lab_pool_refills_max(const struct lab_pool *pool)
{
    return 2 * pool->count + 64 * LAB_DEQUE_SET_PLACES_MAX;
}

/* The maker no longer takes the hot path of puts in a pool that processes share by its name. */
void lab_pool_close_hot_puts(struct lab_pool *pool);

/* At each slow get and put: where the pool is no longer its maker's alone. Owner; wait-free. */
LAB_INLINE void lab_pool_see_processes(struct lab_pool *pool, uint32_t lcore_index)
{
    if (lab_unlikely(lab_deque_set_is_multi_process(&pool->set))) {
        lab_deque_set_fence_owner(&pool->set, lcore_index);
        lab_pool_close_hot_puts(pool);
    }
}

/* lab_deque_set_register_owner() of the pool's. Owner; wait-free. */
LAB_INLINE bool lab_pool_register(struct lab_pool *pool, uint32_t lcore_index)
{
    if (lab_unlikely(lab_deque_set_is_multi_process(&pool->set)))
        lab_pool_close_hot_puts(pool);
    return lab_deque_set_register_owner(&pool->set, lcore_index);
}

/* Puts objects into a stack; returns how many. An object that is not this pool's has no link there,
 * and one that lies in a stack has no second link: both are dropped, and counted, rather than
 * allowed to overwrite the link of another. */
unsigned lab_pool_stack_put(struct lab_pool *pool, uint32_t lcore_index, struct lab_stack *stack,
                            void *const *objects, unsigned n);

/* Puts objects where the caller's belong: its deque if it has one with room, otherwise the stack;
 * and those of the reserve, into the reserve. Returns whether all others went into the deque. */
bool lab_pool_keep(struct lab_pool *pool, uint32_t lcore_index, void *const *objects, unsigned n,
                   bool publish_all);

/* Where the slots of an lcore's deque lie, whatever another process has written there. */
LAB_INLINE struct lab_deque_ring lab_pool_ring(const struct lab_pool *pool,
                                               const struct lab_deque *deque)
{
    return lab_deque_set_ring(&pool->set, &pool->array, deque);
}

/* Gets and puts for a caller to whom the hot path is closed, though its deque may serve it. */
LAB_INLINE int lab_pool_core_get(struct lab_pool *pool, uint32_t lcore_index, unsigned gfp,
                                 void **ret_objects, unsigned n)
{
    struct lab_deque *deque = &pool->deque[lcore_index];

    if (lab_deque_pop_ring_owner(deque, lab_pool_ring(pool, deque), ret_objects, n))
        return 0;
    return lab_pool_core_get_slow(pool, lcore_index, gfp, ret_objects, n);
}

LAB_INLINE void lab_pool_core_put(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                                  unsigned n)
{
    struct lab_deque *deque = &pool->deque[lcore_index];

    if (lab_unlikely(lab_deque_set_shortage(&pool->set) != 0) || lab_pool_reserve_is_held(pool) ||
        !lab_deque_push_ring_owner(deque, lab_pool_ring(pool, deque), objects, n))
        lab_pool_core_put_slow(pool, lcore_index, objects, n);
}

/* All lcores together count the free objects once in this number of slow gets, since the sum over
 * all deques reads their owners' hot lines: the more lcores, the less often each one does. But no
 * more than this share of all objects goes by uncounted. */
#define LAB_POOL_SAMPLE_EVERY 8u
#define LAB_POOL_SAMPLE_SHARE 8u

LAB_INLINE uint32_t lab_pool_sample_every(const struct lab_pool *pool)
{
    uint32_t every = LAB_POOL_SAMPLE_EVERY * lab_deque_set_length(&pool->set);
    uint32_t most = pool->count / (LAB_POOL_SAMPLE_SHARE * pool->array.steal_max);

    if (every > most)
        every = most;
    return every > LAB_POOL_SAMPLE_EVERY ? every : LAB_POOL_SAMPLE_EVERY;
}

/* Counts what is free: notes the smallest number yet, and whether a watermark is crossed. */
void lab_pool_sample_free(struct lab_pool *pool);

/* Whether the set is valid, and what is free is no more than there is and, of the reserve, with
 * what is held no less than that: as it is at rest when nobody has died inside a call. Reads only.
 */
bool lab_pool_is_valid(const struct lab_pool *pool);

/* Objects on their way

 * A sweep (lab_reclaim.c) looks for objects that are free and nowhere. So while there is one, a
 * thread that moves free objects, or is about to make some free, notes for each in which sweep it
 * moved. Any thread; wait-free. */
void lab_pool_note_moving_slow(struct lab_pool *pool, void *const *objects, unsigned n);

LAB_INLINE bool lab_pool_is_swept(const struct lab_pool *pool)
{
    return lab_unlikely(lab_load_relaxed(&pool->sweep) != 0);
}

LAB_INLINE void lab_pool_note_moving(struct lab_pool *pool, void *const *objects, unsigned n)
{
    if (lab_pool_is_swept(pool))
        lab_pool_note_moving_slow(pool, objects, n);
}

/* n objects more of the reserve are held, or fewer: puts look for them from now on. */
void lab_pool_hold_reserve(struct lab_pool *pool, int64_t n);

/* Another object of the reserve, when the pool learns of it. */
void lab_pool_widen_reserve(struct lab_pool *pool, const void *object);

/* Takes up to n objects from the reserve into a stack of the caller's; returns how many. */
unsigned lab_pool_take_reserve(struct lab_pool *pool, struct lab_stack *to, unsigned n);

/* Puts the first of n objects, up to one that is not of the reserve, back into it. Returns how many
 * these are, at most LAB_STACK_BURST; those that lie there already are left out, and counted. */
unsigned lab_pool_give_reserve(struct lab_pool *pool, uint32_t lcore_index, void *const *objects,
                               unsigned n);

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

/* Makes a buffer or an object known to the pool, with the errors of lab_pool_adopt(), which counts
 * it as held besides. */
int lab_pool_know(struct lab_pool *pool, void *object);

/* lab_pool_disown_all(), but for what the floor above knows of the objects. */
int lab_pool_core_disown_all(struct lab_pool *pool);

/* Adopts what the pool does not know of n objects that are about to be put, if it is open to that.
 * One thread at a time does so: another waits until it has done, but not for ever. An object that
 * is not adopted is found out, and reported, on its way to the stack. */
void lab_pool_adopt_strangers(struct lab_pool *pool, void *const *objects, unsigned n);

/* Cuts buffers from the arena's pages until the pool has all of its own: 0, or a failure of
 * lab_page_fit(), which *error describes, and after which the pool has none. And gives the pages
 * back. */
int lab_pool_take_runs(struct lab_pool *pool, const struct lab_pool_options *options,
                       struct lab_error *error);
void lab_pool_give_runs(struct lab_pool *pool);

/* The lcore of an lcore index: LAB_LCORE_ANY of the first. */
LAB_INLINE uint32_t lab_pool_lcore(uint32_t lcore_index)
{
    return lcore_index - 1;
}

/* An index may come from memory that others write, too: one that is none finds the first object. */
LAB_INLINE void *lab_pool_object(const struct lab_pool *pool, uint32_t index)
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

/* lab_pool_index() inline. Returns the index, or LAB_POOL_NO_INDEX for what is no object of this
 * pool. Any thread; wait-free: while another thread adopts strangers, what was adopted before stays
 * where it is, and a new entry is seen whole or not at all. */
LAB_INLINE uint32_t lab_pool_find(const struct lab_pool *pool, const void *object)
{
    if (lab_unlikely(pool->stride != 0)) {
        size_t offset = (size_t)((uintptr_t)object - (uintptr_t)pool->buffers);
        size_t index = offset / pool->stride;

        return index < pool->count && offset % pool->stride == 0 ? (uint32_t)index
                                                                 : LAB_POOL_NO_INDEX;
    }
    /* It ends, also where some process has filled all gaps. */
    for (uint32_t at = lab_pool_hash(pool, object), left = pool->hash_mask;
         lab_likely(pool->hash[at] != 0) && left > 0; at = (at + 1) & pool->hash_mask, left--) {
        uint64_t index = lab_index_bounded(pool->hash[at] - 1, pool->count);

        if (lab_likely(pool->objects[index] == object))
            return (uint32_t)index;
    }
    return LAB_POOL_NO_INDEX;
}

/* The same of an object of the reserve, whose indices are the first. Others are none. */
LAB_INLINE uint32_t lab_pool_find_reserve(const struct lab_pool *pool, const void *object)
{
    uint32_t index = LAB_POOL_NO_INDEX;

    if ((size_t)((uintptr_t)object - pool->reserve_from) < pool->reserve_bytes)
        index = lab_pool_find(pool, object);
    return index < pool->reserved ? index : LAB_POOL_NO_INDEX;
}

#endif
