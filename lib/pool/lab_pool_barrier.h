/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_BARRIER_H
#define LAB_POOL_BARRIER_H

/* Whose pops fence, and which barrier reaches the others.
 *
 * The barrier that is quick reaches one process (lab_barrier.h). So in a pool that several use, the
 * lcores of its maker alone do without fences, which is all of them as long as nobody else has
 * come; those of other processes fence from their first slow path on. Once there has been another
 * one the maker's begin to as well, each when it next takes a slow path. Until then, a get that
 * finds one of them idle, with something in its tip, waits for the slow barrier.
 *
 * A process that comes without a word, and works in an id whose deque the maker equipped, finds
 * that deque open for gets without a fence, and the maker's barrier passes it over. Nothing on the
 * hot path tells processes apart, so each way in says it before: attaching, the DPDK driver by
 * other ops for a process that is not the first (labyrinth_table.c), lab_pool_announce() for the
 * rest. What lab_pool_create() maps is not there after fork.
 *
 * A process may lose the quick barrier, too: it filters its system calls once it has set itself up.
 * The first to be refused has the slow one in its place, and from then on the pool, though of one
 * process, goes on as one of several.
 *
 * It is right whatever they have noticed: who revokes goes by what each deque says of its owner
 * (lab_deque.fenced), and uses the quick barrier only if nobody else has come.
 *
 * Labels: C1 a process that attaches fences between its saying so and its first call; its partner
 * C2 is the fence between the marks, or the epoch, of one who revokes or sweeps, and its look at
 * who has come. W6 the fence of an lcore that is to do without, between its saying so and the next
 * call that it makes; its partner is the fence of a sweep (W1) between its epoch and its look at
 * that. */

#include <lab_pool.h>

/* Notes it if the caller is of another process than the maker. Any thread; wait-free. */
void lab_pool_note_company(struct lab_pool *pool);

/* An lcore that has no slots yet decides whether it will fence. Owner of the slot; wait-free. */
void lab_pool_choose_fence_owner(struct lab_pool *pool, uint32_t slot);

/* Then an lcore begins to fence, and no longer takes hot paths in a pool that is shared by its
 * name. Owner of the slot; wait-free. */
void lab_pool_see_company_owner(struct lab_pool *pool, uint32_t slot);

/* At each slow get and put: one that does not fence begins to where the pool is no longer its
 * maker's alone. Owner of the slot; wait-free. */
LAB_INLINE void lab_pool_look_for_company_owner(struct lab_pool *pool, uint32_t slot)
{
    if (lab_unlikely(lab_load_relaxed(&pool->crowded) != 0))
        lab_pool_see_company_owner(pool, slot);
}

/* The barrier that reaches all who do not fence, for one who has put marks or an epoch before. Any
 * thread; wait-free. */
enum lab_barrier lab_pool_barrier(struct lab_pool *pool);

/* The quick barrier was refused: no more calls for it, and owners are to fence. Any thread;
 * wait-free. */
void lab_pool_note_refusal(struct lab_pool *pool);

/* Whether hot paths are closed because processes share the pool by its name. Any thread; wait-free.
 */
LAB_INLINE bool lab_pool_is_watchful(const struct lab_pool *pool)
{
    return pool->region.front != 0 && lab_load_relaxed(&pool->crowded) != 0;
}

/* Whether to revoke may take milliseconds. Any thread; wait-free. */
bool lab_pool_is_strike_slow(struct lab_pool *pool);

/* Returns after all others have executed a full fence since the call began, or fence by themselves
 * at what matters. Any thread; a system call at most, and 8 to 20 ms where that is the slow one. */
void lab_pool_strike(struct lab_pool *pool);

#endif
