/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <lab_pool_barrier.h>

static bool is_maker(const struct lab_pool *pool)
{
    return pool->maker == lab_barrier_reach();
}

static void note_processes(struct lab_pool *pool)
{
    lab_store_relaxed(&pool->crowded, 1);
    lab_fence_seq_cst(); /* C1 */
    if (pool->region.front != 0)
        lab_store_relaxed(&pool->hot, 0);
}

LAB_COLD void lab_pool_see_company_owner(struct lab_pool *pool, uint32_t slot)
{
    if (lab_load_relaxed(&pool->deque[slot].fenced) == 0)
        lab_deque_set_fenced_owner(&pool->deque[slot], true);
    if (pool->region.front != 0 && pool->hot_puts != 0)
        pool->hot_puts = 0; /* the maker's own; the others' is 0, and cannot be written to */
}

int lab_pool_announce(struct lab_pool *pool)
{
    if (pool->barrier == LAB_BARRIER_PRIVATE)
        return -EINVAL;
    note_processes(pool);
    return 0;
}

void lab_pool_note_company(struct lab_pool *pool)
{
    if (!is_maker(pool) && lab_load_relaxed(&pool->crowded) == 0)
        note_processes(pool);
}

void lab_pool_choose_fence_owner(struct lab_pool *pool, uint32_t slot)
{
    bool fence;

    if (pool->barrier == LAB_BARRIER_SHARED)
        lab_pool_note_company(pool);
    fence = pool->barrier == LAB_BARRIER_FENCE || lab_load_relaxed(&pool->crowded) != 0;
    lab_deque_set_fenced_owner(&pool->deque[slot], fence);
    if (!fence)
        lab_fence_seq_cst(); /* W6 */
}

enum lab_barrier lab_pool_barrier(struct lab_pool *pool)
{
    if (pool->barrier == LAB_BARRIER_FENCE)
        return LAB_BARRIER_FENCE;
    if (pool->barrier == LAB_BARRIER_SHARED)
        lab_pool_note_company(pool);
    lab_fence_seq_cst(); /* C2 */
    return lab_load_relaxed(&pool->crowded) ? LAB_BARRIER_SHARED : LAB_BARRIER_PRIVATE;
}

static bool do_all_fence(const struct lab_pool *pool)
{
    for (uint32_t slot = lab_pool_slot(0); slot <= pool->lcores; slot++)
        if (!lab_deque_is_fenced_any(&pool->deque[slot]))
            return false;
    return true;
}

bool lab_pool_is_strike_slow(struct lab_pool *pool)
{
    return lab_pool_barrier(pool) == LAB_BARRIER_SHARED && !do_all_fence(pool);
}

void lab_pool_note_refusal(struct lab_pool *pool)
{
    lab_store_relaxed(&pool->refused, 1);
    lab_store_relaxed(&pool->crowded, 1);
}

void lab_pool_strike(struct lab_pool *pool)
{
    enum lab_barrier barrier = lab_pool_barrier(pool); /* W1: with a fence before the look */

    if (!lab_barrier_heavy(do_all_fence(pool) ? LAB_BARRIER_FENCE : barrier))
        lab_pool_note_refusal(pool);
}
