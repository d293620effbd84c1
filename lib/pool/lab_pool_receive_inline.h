/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_RECEIVE_INLINE_H
#define LAB_POOL_RECEIVE_INLINE_H

/* The last part of lab_pool.h, which includes it: memory and rings that devices know, and cursors.
 */

#ifndef LAB_POOL_INLINE_H
#error "include <lab_pool.h>"
#endif

/* Memory */

LAB_INLINE void *lab_pool_buffers(const struct lab_pool *pool, size_t *ret_bytes)
{
    if (pool->stride == 0)
        return NULL;
    *ret_bytes = (size_t)pool->count * pool->stride;
    return pool->buffers;
}

/* Rings */

LAB_INLINE uint64_t *lab_pool_ring_entry(const struct lab_pool_ring *ring, uint32_t at)
{
    return &ring->words[(size_t)(at & ring->mask) * ring->step];
}

/* Objects that a slow fill has in hand at once. */
#define LAB_POOL_FILL_PIECE 32u

/* The rest of lab_pool_fill(), which is not for programs. */
LAB_INLINE int lab_pool_fill_slow(struct lab_pool *pool, uint32_t lcore,
                                  const struct lab_pool_ring *ring, uint32_t at, unsigned n)
{
    for (unsigned k = 0; k < n;) {
        void *piece[LAB_POOL_FILL_PIECE];
        unsigned came = n - k < LAB_POOL_FILL_PIECE ? n - k : LAB_POOL_FILL_PIECE;
        int rc = lab_pool_get_bulk_atomic(pool, lcore, piece, came);

        if (rc != 0) {
            while (k-- > 0)
                (void)lab_pool_put(
                    pool, lcore,
                    (void *)(uintptr_t)(*lab_pool_ring_entry(ring, at + k) + ring->origin));
            return rc;
        }
        for (unsigned i = 0; i < came; i++, k++)
            *lab_pool_ring_entry(ring, at + k) = (uintptr_t)piece[i] - ring->origin;
    }
    return 0;
}

LAB_INLINE int lab_pool_fill(struct lab_pool *pool, uint32_t lcore,
                             const struct lab_pool_ring *ring, uint32_t at, unsigned n)
{
    struct lab_deque *deque = &pool->deque[lab_pool_lcore_index(lcore)];
    const lab_atomic_t *slots;
    uint64_t slot;

    if (!lab_pool_is_get_hot(pool, lcore) ||
        lab_unlikely(!lab_deque_pop_at_owner(deque, deque->mask, lab_load_relaxed(&deque->bot),
                                             deque->pop_floor, &slot, n)))
        return lab_pool_fill_slow(pool, lcore, ring, at, n);
    slots = deque->slots;
    for (unsigned i = 0; i < n; i++)
        *lab_pool_ring_entry(ring, at + i) = lab_load_relaxed(&slots[slot + i]) - ring->origin;
    return 0;
}

/* Cursors */

/* After each call of another kind, which may have changed all of it. */
LAB_INLINE void lab_pool_cursor_update(struct lab_pool_cursor *cursor)
{
    cursor->ring = lab_deque_ring(cursor->deque);
    cursor->bot = lab_load_relaxed(&cursor->deque->bot);
    cursor->pop_floor = cursor->deque->pop_floor;
    cursor->push_limit = cursor->deque->push_limit;
}

LAB_INLINE void lab_pool_cursor_open(struct lab_pool_cursor *ret_cursor, struct lab_pool *pool,
                                     uint32_t lcore)
{
    ret_cursor->pool = pool;
    ret_cursor->lcore = lcore;
    /* That of the threads without an id serves nobody: the pool's calls then say what is wrong. */
    ret_cursor->deque = &pool->deque[lcore < pool->lcores ? lab_pool_lcore_index(lcore) : 0];
    lab_pool_cursor_update(ret_cursor);
}

LAB_INLINE int lab_pool_cursor_get(struct lab_pool_cursor *cursor, void **ret_object)
{
    uint64_t slot;
    int rc;

    if (lab_pool_is_get_hot(cursor->pool, cursor->lcore) &&
        lab_likely(lab_deque_pop_at_owner(cursor->deque, cursor->ring.mask, cursor->bot,
                                          cursor->pop_floor, &slot, 1))) {
        cursor->bot--;
        *ret_object = (void *)(uintptr_t)lab_load_relaxed(&cursor->ring.slots[slot]);
        return 0;
    }
    rc = lab_pool_get_slow(cursor->pool, cursor->lcore, LAB_GFP_NOWAIT, ret_object, 1);
    lab_pool_cursor_update(cursor);
    return rc;
}

LAB_INLINE int lab_pool_cursor_put(struct lab_pool_cursor *cursor, void *object)
{
    int rc;

    if (LAB_POOL_CHECKS && lab_pool_check(cursor->pool, cursor->lcore, &object, 1) != 0)
        return -EINVAL;
    if (lab_likely(cursor->lcore < cursor->pool->hot_puts) &&
        lab_likely(lab_load_relaxed(&cursor->pool->state.intercepted) == 0) &&
        lab_likely(lab_deque_push_at_owner(cursor->deque, cursor->ring, cursor->bot,
                                           cursor->push_limit, &object, 1))) {
        cursor->bot++;
        return 0;
    }
    rc = lab_pool_put_slow(cursor->pool, cursor->lcore, &object, 1, SIZE_MAX);
    lab_pool_cursor_update(cursor);
    return rc;
}

#endif
