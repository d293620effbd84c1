/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_CONTEXT_H
#define LAB_AUDIT_CONTEXT_H

/* A call at level full of the audit begins with the context of the lcore's last one. And the put of
 * one object, which many programs do for each packet, as short as it can be. */

#include <lab_audit_calls.h>
#include <lab_audit_site.h>
#include <lab_ticks.h>

/* Reading the clock takes as long as the rest of a put. A put's time is that of the lcore's last
 * get, or of one of its last puts. */
#define LAB_AUDIT_CLOCK_EVERY 64u

/* The time of a get, or of a put that is to have its own. Owner. */
LAB_INLINE uint64_t lab_audit_context_now(struct lab_audit_context *context)
{
    context->puts = 0;
    return context->at = lab_ticks();
}

LAB_INLINE uint64_t lab_audit_context_time(struct lab_audit_context *context)
{
    return lab_unlikely(++context->puts == LAB_AUDIT_CLOCK_EVERY) ? lab_audit_context_now(context)
                                                                  : context->at;
}

/* Whether the level and the process are those of the lcore's last call, so that `who` still holds.
 * That of the first lcore index, of the threads without an id, is never made. */
LAB_INLINE bool lab_audit_context_holds(const struct lab_audit_context *context, uint64_t mode)
{
    return lab_likely(context->mode == mode) &&
           lab_likely(context->process == lab_load_relaxed(&lab_audit_here.identity));
}

/* Before the first call of an lcore of another process than the index's last, which may have been
 * killed inside one. Owner, or any thread at the first index; lock-free. */
LAB_INLINE void lab_audit_take_over_owner(struct lab_pool *pool, uint32_t lcore_index)
{
    if (lcore_index != LAB_DEQUE_SET_ANY &&
        lab_audit_context_of(pool, lcore_index)->process != lab_audit_self())
        /* W7: or that call raises bot over what a sweep took for lost */
        lab_deque_repair_owner(&pool->deque[lcore_index]);
}

/* Puts one object, at level full, where nothing is out of the ordinary. false: nothing was done,
 * and lab_audit_put_bulk() is the way on. Owner, or any thread at the first index; lock-free. */
LAB_INLINE bool lab_audit_put_one_plain(struct lab_pool *pool, uint32_t lcore_index,
                                        void *const *object, struct lab_audit_site site)
{
    struct lab_audit *audit = lab_audit_of(pool);
    uint32_t index = lab_pool_find(pool, *object);
    struct lab_audit_context *context = lab_audit_context_of(pool, lcore_index);
    struct lab_deque *deque = &pool->deque[lcore_index];
    struct lab_audit_call call;
    bool done;

    if (lab_unlikely(index == LAB_POOL_NO_INDEX) ||
        !lab_audit_context_holds(context, lab_load_acquire(&audit->table->mode)) ||
        lab_audit_is_shared(context, context->who) || !lab_audit_is_own(site) ||
        lab_unlikely((lab_deque_set_shortage(&pool->set) | pool->reserved) != 0))
        return false;
    call.who = context->who;
    call.at = lab_audit_context_time(context);
    call.site = (uint64_t)(uintptr_t)site.address;
    lab_audit_call_begin_owner(context, deque, call.who);
    done = lab_likely(lab_load_relaxed(&pool->sweep) == 0) && /* otherwise a note comes first */
           lab_audit_put_plain(audit, index, &call);
    if (done &&
        lab_unlikely(!lab_deque_push_ring_owner(deque, lab_pool_ring(pool, deque), object, 1)))
        lab_pool_core_put_slow(pool, lcore_index, object, 1);
    lab_audit_call_end_owner(&context->call);
    return done;
}

#endif
