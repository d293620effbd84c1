/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_CALLS_H
#define LAB_AUDIT_CALLS_H

/* The notes of gets and puts for a sweep (lab_reclaim.c), at level full of the audit.
 *
 * A sweep looks for objects that are free by their records, and nowhere. Such an object may also be
 * in the hands of a living thread that is just moving it. So while there is a sweep, a thread that
 * moves a free object, or makes one free, notes it first; and each thread says when it is inside a
 * call, so that a sweep can wait until all have seen that it is there, and at the end until all
 * have noted what they moved.
 *
 *     W1 fence between a call's begin and its look at the epoch, a light one where the sweep's
 *        barrier reaches it, and the sweep's between its epoch and its look at calls   pairs
 *        with W1, W6
 *     W2 a call's end                        release   pairs with W3
 *     W3 sweep's load of a call, of a bot    acquire   pairs with W2, W5
 *     W4 an object is noted before its record's CAS to free (U1), and a sweep loads its record
 *        (U2) before the note   pairs with W4
 *     W5 the bot of before a call, then the call   release   pairs with W3, W7
 *     W7 an lcore of another process than its id's last repairs the deque before its first call: no
 *        bot of that call lies above the one that a sweep finds   pairs with W5 */

#include <lab_audit_word.h>
#include <lab_intercept.h>

/* The notes of an lcore's calls at level full of the audit for its next one. */
struct lab_audit_context {
    alignas(LAB_CACHE_LINE) lab_atomic_t call; /* whether the lcore is inside a call, as
                                                  stands below */
    lab_atomic_t bot;                          /* its deque's, when the last call began */
    uint64_t mode;                             /* of the audit, when `who` was made; 0: never */
    uint64_t process;                          /* whose thread made it */
    uint64_t who;                              /* of the lcore's records */
    uint64_t at;                               /* when it last asked for the time, ticks */
    uint32_t puts;                             /* since then */
    uint32_t to_sample;                        /* objects to be got before the next sampled one */
    uint32_t shared; /* 1: two have used the id at the same time, and what is wrong may be theirs */
};

LAB_INLINE struct lab_audit_context *lab_audit_context_of(const struct lab_pool *pool,
                                                          uint32_t lcore_index)
{
    return &lab_intercept_of(pool)->context[lcore_index];
}

/* The counts of sweeps. */
struct lab_audit_calls {
    lab_atomic_t last;    /* epoch of the last sweep */
    lab_atomic_t sweeper; /* the process that sweeps, as lab_os_process(); 0: none */
    lab_atomic_t phase;   /* which of two counts those that begin now are in */
    lab_atomic_t any_calls[LAB_AUDIT_PROCESS_SLOTS][2]; /* under way, of threads without an id */
};

/* A call word: count << CALL_COUNT_SHIFT | process slot << 1 | whether it is inside a call. */
#define LAB_AUDIT_CALL_INSIDE UINT64_C(1)
#define LAB_AUDIT_CALL_COUNT_SHIFT 7

LAB_INLINE unsigned lab_audit_call_process_slot(uint64_t call)
{
    return (unsigned)(call >> 1) & (LAB_AUDIT_PROCESS_SLOTS - 1);
}

/* Whether the lcore is inside a call of the same process: somebody else has its id, or its thread
 * ended there. One of another process may have been killed there. Wait-free. */
LAB_INLINE bool lab_audit_is_shared(const struct lab_audit_context *context, uint64_t who)
{
    uint64_t call = lab_load_relaxed(&context->call);

    return lab_unlikely((call & LAB_AUDIT_CALL_INSIDE) != 0) &&
           lab_audit_call_process_slot(call) == lab_audit_word_process_slot(who);
}

/* Around all that a call of an lcore does, by its word. Owner; wait-free. */
LAB_INLINE void lab_audit_call_begin_owner(struct lab_audit_context *context,
                                           const struct lab_deque *deque, uint64_t who)
{
    uint64_t process_slot = lab_audit_word_process_slot(who);
    uint64_t count = (lab_load_relaxed(&context->call) >> LAB_AUDIT_CALL_COUNT_SHIFT) + 1;

    /* W5: or a sweep takes the bot of a later call for that of the one that it looks at */
    lab_store_release(&context->bot, lab_load_relaxed(&deque->bot));
    lab_store_release(&context->call, count << LAB_AUDIT_CALL_COUNT_SHIFT | process_slot << 1 |
                                          LAB_AUDIT_CALL_INSIDE); /* W5 */
    if (lab_load_relaxed(&deque->fenced))
        lab_fence_seq_cst(); /* W1: or a sweep, that fences alone, and this miss each other */
    else
        lab_fence_light(); /* W1: or they do, behind the sweep's barrier */
}

LAB_INLINE void lab_audit_call_end_owner(lab_atomic_t *call)
{
    /* W2: or a sweep that waited for the call does not see what it noted */
    lab_store_release(call, lab_load_relaxed(call) & ~LAB_AUDIT_CALL_INSIDE);
}

/* The same, also for threads without an id: end takes what begin returned. Owner of the lcore
 * index, or any thread in the first one, whom the records call `who`; begin is wait-free, end
 * lock-free. */
LAB_INLINE lab_atomic_t *lab_audit_call_begin(struct lab_pool *pool, uint32_t lcore_index,
                                              uint64_t who)
{
    struct lab_audit_context *context = lab_audit_context_of(pool, lcore_index);
    struct lab_audit_calls *calls = lab_intercept_of(pool)->calls;
    unsigned process_slot = lab_audit_word_process_slot(who);
    lab_atomic_t *call;

    if (lcore_index != LAB_DEQUE_SET_ANY) {
        lab_audit_call_begin_owner(context, &pool->deque[lcore_index], who);
        return &context->call;
    }
    call = &calls->any_calls[process_slot][lab_load_relaxed(&calls->phase) & 1];
    (void)lab_fetch_add_relaxed(call, 1);
    lab_fence_seq_cst(); /* W1 */
    return call;
}

LAB_INLINE void lab_audit_call_end(uint32_t lcore_index, lab_atomic_t *call)
{
    uint64_t calls;

    if (lcore_index != LAB_DEQUE_SET_ANY) {
        lab_audit_call_end_owner(call);
        return;
    }
    calls = lab_load_relaxed(call);
    while (!lab_cas_release(call, &calls, calls - 1)) /* W2 */
        ;
}

#endif
