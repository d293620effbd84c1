/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_SWEEP_H
#define LAB_POOL_SWEEP_H

/* What gets and puts leave for a sweep (lab_pool_reclaim.c) to see, at level full of the audit.
 *
 * A sweep looks for things that are free by their records, and nowhere. Such a thing may also be in
 * the hands of a living thread that is just moving it. So while there is a sweep, whoever moves a
 * free thing, or makes one free, marks it first; and each thread says when it is inside a call, so
 * that a sweep can wait until all have seen that it is there, and at the end until all have marked
 * what they moved.
 *
 * Labels: W1 a call's begin, a fence (light, its partner is the sweep's lab_pool_strike()), before
 * its look at the epoch. W2 a call's end, release, pairs with W3, the sweep's load, acquire.
 * W4 a mark is stored before the record's CAS to free (U1), which the sweep loads before the mark
 * (U2). W5 the bot of before a call, release, then the call, release, pair with W3. W7 an lcore of
 * another process than its slot's last puts the deque in order before its first call: no bot of
 * that call lies above the one that a sweep finds at W5, but for what the call itself marks. */

#include <lab_pool_slow.h>

struct lab_pool_sweep {
    lab_atomic_t epoch;   /* of the sweep that is under way, 1 to 255; 0: there is none */
    lab_atomic_t last;    /* epoch of the last one */
    lab_atomic_t sweeper; /* the process that sweeps, as lab_os_process(); 0: none */
    lab_atomic_t phase;   /* which of two counts those that begin now are in */
    lab_atomic_t any_calls[LAB_AUDIT_PARTIES][2]; /* under way, of threads without an id */
    lab_byte_t mark[];                            /* for each thing the epoch in which it moved */
};

/* A call word: count << CALL_COUNT_SHIFT | party << 1 | whether it is inside a call. */
#define LAB_POOL_CALL_INSIDE UINT64_C(1)
#define LAB_POOL_CALL_COUNT_SHIFT 7

LAB_INLINE unsigned lab_pool_call_party(uint64_t call)
{
    return (unsigned)(call >> 1) & (LAB_AUDIT_PARTIES - 1);
}

/* Whether the lcore is inside a call of the same process: somebody else has its id, or its thread
 * ended there. One of another process may have been killed there. Wait-free. */
LAB_INLINE bool lab_pool_is_shared(const struct lab_pool_look *look, uint64_t who)
{
    uint64_t call = lab_load_relaxed(&look->call);

    return lab_unlikely((call & LAB_POOL_CALL_INSIDE) != 0) &&
           lab_pool_call_party(call) == lab_audit_word_party(who);
}

/* Around all that a call of an lcore does, by its word. Owner; wait-free. */
LAB_INLINE void lab_pool_call_begin_owner(struct lab_pool_look *look, const struct lab_deque *deque,
                                          uint64_t who)
{
    uint64_t party = lab_audit_word_party(who);
    uint64_t count = (lab_load_relaxed(&look->call) >> LAB_POOL_CALL_COUNT_SHIFT) + 1;

    lab_store_release(&look->bot, lab_load_relaxed(&deque->bot)); /* W5 */
    lab_store_release(&look->call, count << LAB_POOL_CALL_COUNT_SHIFT | party << 1 |
                                       LAB_POOL_CALL_INSIDE); /* W5 */
    if (lab_load_relaxed(&deque->fenced))
        lab_fence_seq_cst(); /* W1 where the sweep's barrier is a fence of its own alone */
    else
        lab_fence_light(); /* W1 */
}

LAB_INLINE void lab_pool_call_end_owner(lab_atomic_t *call)
{
    lab_store_release(call, lab_load_relaxed(call) & ~LAB_POOL_CALL_INSIDE); /* W2 */
}

/* The same, also for threads without an id: end takes what begin returned. Owner of the slot, or
 * any thread in the first one, whom the records call `who`; begin is wait-free, end lock-free. */
LAB_INLINE lab_atomic_t *lab_pool_call_begin(struct lab_pool *pool, uint32_t slot, uint64_t who)
{
    struct lab_pool_look *look = &pool->slow[slot].look;
    unsigned party = lab_audit_word_party(who);
    lab_atomic_t *call;

    if (slot != lab_pool_slot(LAB_LCORE_ANY)) {
        lab_pool_call_begin_owner(look, &pool->deque[slot], who);
        return &look->call;
    }
    call = &pool->sweep->any_calls[party][lab_load_relaxed(&pool->sweep->phase) & 1];
    (void)lab_fetch_add_relaxed(call, 1);
    lab_fence_seq_cst(); /* W1 */
    return call;
}

LAB_INLINE void lab_pool_call_end(uint32_t slot, lab_atomic_t *call)
{
    uint64_t calls;

    if (slot != lab_pool_slot(LAB_LCORE_ANY)) {
        lab_pool_call_end_owner(call);
        return;
    }
    calls = lab_load_relaxed(call);
    while (!lab_cas_release(call, &calls, calls - 1)) /* W2 */
        ;
}

/* Marks things that the caller moves, or is about to make free. Any thread; wait-free. */
void lab_pool_mark_slow(struct lab_pool *pool, void *const *things, unsigned n);

LAB_INLINE bool lab_pool_is_swept(const struct lab_pool *pool)
{
    return pool->sweep != NULL && lab_unlikely(lab_load_relaxed(&pool->sweep->epoch) != 0);
}

LAB_INLINE void lab_pool_mark(struct lab_pool *pool, void *const *things, unsigned n)
{
    if (lab_pool_is_swept(pool))
        lab_pool_mark_slow(pool, things, n);
}

#endif
