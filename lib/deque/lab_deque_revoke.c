/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making the private parts of others public: which barrier reaches their owners, and the revocation
 * itself. */

#include <lab_deque_set.h>

/* The quick barrier was refused: no more calls for it, and owners are to fence. */
static void note_refusal(const struct lab_deque_set *set)
{
    lab_store_relaxed(&set->state->is_refused, 1);
    lab_store_relaxed(&set->state->is_multi_process, 1);
}

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

void lab_deque_set_barrier_any(const struct lab_deque_set *set)
{
    /* W1: a fence before the look, or a sweep waits for no call that missed its epoch */
    enum lab_barrier barrier = choose_barrier(set);

    if (!lab_barrier_heavy(do_all_fence(set) ? LAB_BARRIER_FENCE : barrier))
        note_refusal(set);
}

/* The private parts that are about to become public. */
struct marks {
    uint64_t mark[LAB_DEQUE_SET_MARKS]; /* by place, from `from` on; 0: none */
    uint32_t from;
    uint32_t length;
    bool any;
    bool all_fenced; /* their owners fence: no system call is needed */
};

/* Puts the marks, from a place on. Returns whether there is something public already. */
static bool mark(const struct lab_deque_set *set, const struct lab_deque_array *array, uint32_t own,
                 struct marks *marks)
{
    bool any_public = false;

    for (uint32_t i = 0; i < marks->length; i++) {
        uint32_t lcore_index = lab_deque_set_at(set, marks->from + i);
        struct lab_deque *deque = &array->deque[lcore_index];

        marks->mark[i] = 0;
        if (lcore_index == LAB_DEQUE_SET_ANY || lcore_index == own)
            continue;
        switch (lab_deque_mark_any(deque, &marks->mark[i])) {
        case LAB_DEQUE_BARE:
            break;
        case LAB_DEQUE_PUBLIC:
            any_public = true;
            break;
        case LAB_DEQUE_MARKED:
            marks->any = true;
            marks->all_fenced &= lab_deque_is_fenced_any(deque);
            break;
        }
    }
    return any_public;
}

static void settle(const struct lab_deque_set *set, const struct lab_deque_array *array,
                   const struct marks *marks)
{
    enum lab_barrier barrier = choose_barrier(set);

    if (!lab_barrier_heavy(marks->all_fenced ? LAB_BARRIER_FENCE : barrier))
        note_refusal(set);
    for (uint32_t i = 0; i < marks->length; i++)
        if (marks->mark[i] != 0)
            lab_deque_settle_any(&array->deque[lab_deque_set_at(set, marks->from + i)],
                                 marks->mark[i]);
}

LAB_NOINLINE struct lab_deque_revoked lab_deque_set_revoke_any(const struct lab_deque_set *set,
                                                               const struct lab_deque_array *array,
                                                               uint32_t lcore_index)
{
    struct lab_deque_revoked revoked = {0};
    uint32_t length = lab_deque_set_length(set);
    struct marks marks;

    for (uint32_t from = 0; from < length; from += LAB_DEQUE_SET_MARKS) {
        marks.from = from;
        marks.length = length - from < LAB_DEQUE_SET_MARKS ? length - from : LAB_DEQUE_SET_MARKS;
        marks.any = false;
        marks.all_fenced = true;
        revoked.any |= mark(set, array, lcore_index, &marks);
        if (!marks.any)
            continue;
        settle(set, array, &marks);
        revoked.barriers++;
        revoked.any = true;
    }
    return revoked;
}
