/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_POOL_LOOK_H
#define LAB_POOL_LOOK_H

/* What a call at level full of the audit finds of the lcore's last one; and the put of one thing,
 * which many programs do for each packet, as short as it can be. */

#include <lab_audit_here.h>
#include <lab_pool_slow.h>
#include <lab_pool_sweep.h>
#include <lab_ticks.h>

/* Reading the clock takes as long as the rest of a put. A put's time is that of the lcore's last
 * get, or of one of its last puts. */
#define LAB_POOL_CLOCK_EVERY 64u

/* The time of a get, or of a put that is to have its own. Owner. */
LAB_INLINE uint64_t lab_pool_look_now(struct lab_pool_look *look)
{
    look->puts = 0;
    return look->at = lab_ticks();
}

LAB_INLINE uint64_t lab_pool_look_time(struct lab_pool_look *look)
{
    return lab_unlikely(++look->puts == LAB_POOL_CLOCK_EVERY) ? lab_pool_look_now(look) : look->at;
}

/* Whether the level and the process are those of the lcore's last call, so that `who` still holds.
 * The first slot's look, of the threads without an id, is never made. */
LAB_INLINE bool lab_pool_look_holds(const struct lab_pool_look *look, uint64_t mode)
{
    return lab_likely(look->mode == mode) &&
           lab_likely(look->process == lab_load_relaxed(&lab_audit_here.identity));
}

/* Before the first call of an lcore of another process than the slot's last, which may have been
 * killed inside one. Owner, or any thread in the first slot; lock-free. */
LAB_INLINE void lab_pool_take_over_owner(struct lab_pool *pool, uint32_t slot)
{
    if (slot != lab_pool_slot(LAB_LCORE_ANY) && pool->slow[slot].look.process != lab_audit_self())
        lab_deque_mend_owner(&pool->deque[slot]); /* W7 */
}

/* Puts one thing, at level full, where nothing is out of the ordinary. false: nothing was done, and
 * lab_pool_put_audited() is the way on. Owner, or any thread in the first slot; lock-free. */
LAB_INLINE bool lab_pool_put_plain(struct lab_pool *pool, uint32_t slot, void *const *thing,
                                   struct lab_audit_site site)
{
    uint32_t index = lab_pool_find(pool, *thing);
    struct lab_pool_look *look = &pool->slow[slot].look;
    struct lab_deque *deque = &pool->deque[slot];
    uint64_t slow_puts = lab_load_relaxed(&pool->slow_puts);
    struct lab_audit_call call;
    bool done;

    if (lab_unlikely(index == LAB_POOL_NO_INDEX) ||
        !lab_pool_look_holds(look, lab_load_acquire(&pool->audit->table->mode)) ||
        lab_pool_is_shared(look, look->who) || !lab_audit_is_own(site) ||
        lab_unlikely((lab_pool_hunger(slow_puts) | pool->reserved) != 0))
        return false;
    call.who = look->who;
    call.at = lab_pool_look_time(look);
    call.site = (uint64_t)(uintptr_t)site.address;
    lab_pool_call_begin_owner(look, deque, call.who);
    done = lab_likely(lab_load_relaxed(&pool->sweep->epoch) == 0) && /* else a mark comes first */
           lab_audit_put_plain(pool->audit, index, &call);
    if (done &&
        lab_unlikely(!lab_deque_push_ring_owner(deque, lab_pool_ring(pool, deque), thing, 1)))
        lab_pool_give_slow(pool, slot, thing, 1);
    lab_pool_call_end_owner(&look->call);
    return done;
}

#endif
