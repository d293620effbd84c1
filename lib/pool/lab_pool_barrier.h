/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_BARRIER_H
#define LAB_POOL_BARRIER_H

/* Whose pops fence, and which barrier reaches the others.
 *
 * The barrier that is quick reaches one process (lab_barrier.h). So in a pool that several use, the
 * lcores of its maker alone do without fences, which is all of them as long as nobody else has
 * come; those of other processes fence from their first call on. Once there has been another one
 * the maker's begin to as well, each when it next takes a slow path. Until then, a get of another
 * process that finds one of them idle, with something in its tip, waits for the slow barrier.
 *
 * It is right whatever the maker's lcores have noticed: who revokes goes by what each of them says
 * that it does (lab_deque.fenced), never by who is there. An lcore id is the maker's as long as the
 * maker lives, once it has used it.
 *
 * Label: W6 the fence of an lcore that is to do without, between its saying so and the next call
 * that it makes; its partner is the fence of a sweep (W1) between its epoch and its look at this.
 */

#include <lab_pool.h>

/* Another process than the maker uses the pool. Any thread; wait-free. */
void lab_pool_join(struct lab_pool *pool);

/* An lcore that has no slots yet decides whether it will fence. Owner of the slot; wait-free. */
void lab_pool_choose_fence_owner(struct lab_pool *pool, uint32_t slot);

/* At each slow call: one that does not fence begins to where the pool is no longer its maker's
 * alone. Owner of the slot; wait-free. */
LAB_INLINE void lab_pool_look_for_company_owner(struct lab_pool *pool, uint32_t slot)
{
    struct lab_deque *deque = &pool->deque[slot];

    if (lab_unlikely(lab_load_relaxed(&pool->crowded) != 0) &&
        lab_load_relaxed(&deque->fenced) == 0)
        lab_deque_set_fenced_owner(deque, true);
}

/* The barrier that reaches all who do not fence. Any thread; wait-free. */
enum lab_barrier lab_pool_barrier(struct lab_pool *pool);

/* Returns after all others have executed a full fence since the call began, or fence by themselves
 * at what matters. Any thread; a system call. */
void lab_pool_strike(struct lab_pool *pool);

#endif
