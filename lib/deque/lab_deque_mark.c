/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* Making another's private part public, by a mark in place of split. Its owner answers the mark; or
 * a thread that has made sure that the owner sees it puts the end of what is public in its place.
 */

#include <lab_deque.h>

enum lab_deque_marked lab_deque_mark_any(struct lab_deque *deque, uint64_t *ret_mark)
{
    /* D11: or one that helps takes an owner that has just come for one that fences */
    uint64_t split = lab_load_acquire(&deque->split);

    if (split < LAB_DEQUE_MARK) {
        uint64_t mark;

        if ((int64_t)(lab_load_acquire(&deque->bot) - split) <= 0) /* D11 */
            return (int64_t)(lab_load_relaxed(&deque->top) - split) < 0 ? LAB_DEQUE_PUBLIC
                                                                        : LAB_DEQUE_BARE;
        /* Only an empty public part is revoked: a thief with the old split could otherwise take
         * objects from above a bot that its owner has lowered for a moment. */
        if ((int64_t)(lab_load_relaxed(&deque->top) - split) < 0)
            return LAB_DEQUE_PUBLIC;
        mark = LAB_DEQUE_MARK | lab_fetch_add_relaxed(&deque->tickets, 1);
        if (lab_cas_acq_rel(&deque->split, &split, mark)) /* D11 */
            split = mark;
        else if (split < LAB_DEQUE_MARK)
            return LAB_DEQUE_PUBLIC;
    }
    *ret_mark = split;
    return LAB_DEQUE_MARKED;
}

void lab_deque_settle_any(struct lab_deque *deque, uint64_t mark)
{
    uint64_t bot = lab_load_acquire(&deque->bot); /* D2: or it publishes what it sees unwritten */
    uint64_t top = lab_load_relaxed(&deque->top); /* after bot: top may pass a bot that is low */

    /* D3: or thieves read entries before they are written */
    (void)lab_cas_release(&deque->split, &mark, (int64_t)(bot - top) < 0 ? top : bot);
}

void lab_deque_end_revocation_any(struct lab_deque *deque)
{
    uint64_t split;

    lab_fence_seq_cst(); /* D12: or a mark is missed whose revoker goes by an earlier bot */
    split = lab_load_relaxed(&deque->split);
    if (split >= LAB_DEQUE_MARK)
        lab_deque_settle_any(deque, split);
}

/* A pop that the owner was killed in may have left bot below what was public by then, and the next
 * owner would put there. */
static void repair_dead(struct lab_deque *deque)
{
    /* D8, D4: or the next owner reuses slots that a thief reads, by a bot that is too low */
    uint64_t least = lab_load_acquire(&deque->top);
    uint64_t split = lab_load_acquire(&deque->split);

    if (split < LAB_DEQUE_MARK && (int64_t)(split - least) > 0)
        least = split;
    if ((int64_t)(lab_load_relaxed(&deque->bot) - least) < 0)
        lab_store_release(&deque->bot, least); /* D1: or a revoker goes by the earlier one */
}

bool lab_deque_open_dead_any(struct lab_deque *deque)
{
    uint64_t mark;
    enum lab_deque_marked marked = lab_deque_mark_any(deque, &mark);

    if (marked == LAB_DEQUE_MARKED)
        lab_deque_settle_any(deque, mark);
    if (marked == LAB_DEQUE_BARE)
        repair_dead(deque);
    return marked != LAB_DEQUE_BARE;
}
