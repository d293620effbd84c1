/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making the private parts of others public: which barrier reaches their owners, and the revocation
 * itself. */

#include <lab_deque_set.h>

/* The barrier that reaches all owners that do not fence, for a thread that has put marks or an
 * epoch before. */
static enum lab_barrier choose_barrier(const struct lab_deque_set *set)
{
    if (set->barrier == LAB_BARRIER_FENCE)
        return LAB_BARRIER_FENCE;
    if (set->barrier == LAB_BARRIER_SHARED)
        lab_deque_set_arrive_any(set);
    lab_fence_seq_cst(); /* C2: before the look, or an earlier arrival is missed */
    return lab_deque_set_is_multi_process(set) ? LAB_BARRIER_SHARED : LAB_BARRIER_PRIVATE;
}

static bool do_all_fence(const struct lab_deque_set *set)
{
    for (uint32_t i = 1; i <= set->lcores; i++)
        if (!lab_deque_is_fenced_any(&set->array[0].deque[i]))
            return false;
    return true;
}

bool lab_deque_set_is_barrier_slow_any(const struct lab_deque_set *set)
{
    return choose_barrier(set) == LAB_BARRIER_SHARED && !do_all_fence(set);
}

/* Where the quick barrier is refused there are no more calls for it, and owners are to fence. */
static void call_barrier(const struct lab_deque_set *set, enum lab_barrier barrier)
{
    if (lab_barrier_heavy(barrier))
        return;
    lab_store_relaxed(&set->state->is_refused, 1);
    lab_store_relaxed(&set->state->is_multi_process, 1);
}

void lab_deque_set_barrier_any(const struct lab_deque_set *set)
{
    /* W1: a fence before the look, or a sweep waits for no call that missed its epoch */
    enum lab_barrier barrier = choose_barrier(set);

    call_barrier(set, do_all_fence(set) ? LAB_BARRIER_FENCE : barrier);
}

LAB_NOINLINE struct lab_deque_revoked lab_deque_set_revoke_any(const struct lab_deque_set *set,
                                                               const struct lab_deque_array *array,
                                                               uint32_t lcore_index)
{
    uint64_t mark[LAB_DEQUE_SET_PLACES_MAX]; /* by place; 0: none */
    uint32_t places = lab_deque_set_length(set);
    struct lab_deque_revoked revoked = {0};
    bool all_fenced = true; /* the owners of those that are marked: no system call is needed */
    enum lab_barrier barrier;

    for (uint32_t i = 0; i < places; i++) {
        uint32_t owner = lab_deque_set_at(set, i);
        struct lab_deque *deque = &array->deque[owner];
        enum lab_deque_marked marked;

        mark[i] = 0;
        if (owner == LAB_DEQUE_SET_ANY || owner == lcore_index)
            continue;
        marked = lab_deque_mark_any(deque, &mark[i]);
        revoked.any |= marked != LAB_DEQUE_BARE;
        if (marked == LAB_DEQUE_MARKED) {
            revoked.barriers = 1;
            all_fenced &= lab_deque_is_fenced_any(deque);
        }
    }
    if (revoked.barriers == 0)
        return revoked;
    barrier = choose_barrier(set);
    call_barrier(set, all_fenced ? LAB_BARRIER_FENCE : barrier);
    for (uint32_t i = 0; i < places; i++)
        if (mark[i] != 0)
            lab_deque_settle_any(&array->deque[lab_deque_set_at(set, i)], mark[i]);
    return revoked;
}
