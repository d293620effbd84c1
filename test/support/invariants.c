/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include "invariants.h"

#include <lab_pool_core.h>

const char *deque_wrong(const struct lab_deque *deque)
{
    uint64_t top = lab_load_acquire(&deque->top);
    uint64_t split = lab_load_acquire(&deque->split);
    uint64_t bot = lab_load_acquire(&deque->bot);
    uint64_t private_part;

    if (deque->slots == NULL && (top != 0 || split != 0 || bot != 0))
        return "a deque without slots has moved";
    if (split >= LAB_DEQUE_MARK)
        return "a deque's revocation has not ended";
    if (top > split)
        return "a deque's top lies above its split";
    if (split > bot)
        return "a deque's split lies above its bot";
    if (bot - top > (deque->slots != NULL ? deque->capacity : 0))
        return "a deque holds more than its capacity";
    if (!lab_deque_is_valid(deque))
        return "lab_deque_is_valid() finds what nothing else does";
    if (lab_deque_count_any(deque, &private_part) != bot - top || private_part != bot - split)
        return "a deque's count is wrong";
    return NULL;
}

/* Notes that an object is free. */
static const char *note(const struct lab_pool *pool, uint32_t index, bool *ret_free)
{
    if (index >= pool->count)
        return "a free object's index is out of range";
    if (ret_free[index])
        return "an object is free twice";
    ret_free[index] = true;
    return NULL;
}

static unsigned entries_of(const struct lab_pool *pool, uint32_t lcore_index)
{
    unsigned entries = 0;

    for (uint32_t i = 0; i < pool->set.places; i++)
        entries += lab_load_acquire(&pool->set.entry[i]) == lcore_index;
    return entries;
}

static const char *deque_of_pool_wrong(const struct lab_pool *pool, uint32_t lcore_index,
                                       bool *ret_free)
{
    const struct lab_deque *deque = &pool->deque[lcore_index];
    const char *wrong = deque_wrong(deque);

    if (wrong == NULL && deque->slots != NULL && entries_of(pool, lcore_index) != 1)
        wrong = "a deque is not in the registry once";
    for (uint64_t at = lab_load_acquire(&deque->top);
         wrong == NULL && at != lab_load_acquire(&deque->bot); at++) {
        const void *object = (void *)(uintptr_t)lab_load_relaxed(&deque->slots[at & deque->mask]);
        uint32_t index;

        if (lab_pool_index(pool, object, &index) != 0)
            return "a deque holds an object that is not this pool's";
        if (index < pool->reserved)
            return "a deque holds an object of the reserve";
        wrong = note(pool, index, ret_free);
    }
    return wrong;
}

static const char *stack_wrong(const struct lab_pool *pool, const struct lab_stack *stack,
                               bool *ret_free)
{
    const uint64_t mask = (UINT64_C(1) << LAB_STACK_INDEX_BITS) - 1;
    uint64_t next = lab_load_acquire(stack->head) & mask;
    uint32_t depth = lab_stack_count_any(stack);

    for (; next != 0; depth--) {
        const char *wrong = note(pool, (uint32_t)(next - 1), ret_free);
        uint64_t link;

        if (wrong != NULL)
            return wrong;
        if ((next - 1 < pool->reserved) != (stack == &pool->reserve))
            return "an object is in the other one of stack and reserve";
        link = lab_load_relaxed(&stack->links[next - 1]);
        if ((link >> 32) - stack->base != depth)
            return "a link of the stack has a wrong depth";
        next = link & mask;
    }
    return depth == 0 ? NULL : "the stack is shorter than it says";
}

const char *pool_wrong(const struct lab_pool *pool, bool *ret_free)
{
    const char *wrong = NULL;
    uint32_t free = 0;

    memset(ret_free, 0, pool->count * sizeof(*ret_free));
    for (uint32_t lcore_index = 0; lcore_index <= pool->lcores && wrong == NULL; lcore_index++)
        wrong = deque_of_pool_wrong(pool, lcore_index, ret_free);
    if (wrong == NULL)
        wrong = stack_wrong(pool, &pool->stack, ret_free);
    if (wrong == NULL)
        wrong = stack_wrong(pool, &pool->reserve, ret_free);
    for (uint32_t i = 0; i < pool->count; i++)
        free += ret_free[i];
    if (wrong == NULL && free != lab_pool_count(pool))
        wrong = "lab_pool_count() differs from what is free";
    if (wrong == NULL && !lab_pool_is_valid(pool))
        wrong = "lab_pool_is_valid() finds what nothing else does";
    return wrong;
}
