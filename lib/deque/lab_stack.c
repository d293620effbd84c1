/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The shared stack. Its words, and the labels T1 to T3, stand in lab_stack.h. */

#include <errno.h>
#include <lab_index.h>
#include <lab_stack.h>

#define INDEX_MASK ((UINT64_C(1) << LAB_STACK_INDEX_BITS) - 1)

/* From the depths of one stack to those of the next: more than any has. */
#define BESIDE_SHIFT 29

/* Walks that were led astray, before one gives up. */
#define WALKS 10000u

/* In a link: its object is in a stack, or is on its way there or from there. */
#define IN_STACK (UINT64_C(1) << 31)

/* The next head: one change later, with `link` (an index + 1, or 0) on top. */
static uint64_t head_after(uint64_t head, uint64_t link)
{
    return ((head | INDEX_MASK) + 1) | link;
}

static uint64_t link_make(uint64_t next, uint64_t depth)
{
    return depth << 32 | IN_STACK | next;
}

static uint64_t link_next(uint64_t link)
{
    return link & INDEX_MASK;
}

static uint64_t link_depth(uint64_t link)
{
    return link >> 32;
}

/* The object that a head or a link names, plus 1. One that is not of this stack, which only a fault
 * of some process can have written there, ends it: what lies below is lost, and nothing else. */
static uint64_t known(const struct lab_stack *stack, uint64_t next)
{
    return next <= stack->count ? next : 0;
}

static uint64_t load_link(const struct lab_stack *stack, uint64_t next)
{
    return lab_load_relaxed(&stack->links[lab_index_bounded(next - 1, stack->count)]);
}

/* The depth of the stack whose top is `next`. Stale where the stack is changing, and then the
 * caller's CAS fails. */
static uint64_t depth_at(const struct lab_stack *stack, uint64_t next)
{
    return next == 0 ? stack->base : link_depth(load_link(stack, next));
}

void lab_stack_init(struct lab_stack *stack, lab_atomic_t *head, lab_atomic_t *links,
                    uint32_t count)
{
    *stack = (struct lab_stack){.head = head, .links = links, .count = count};
}

void lab_stack_init_beside(struct lab_stack *stack, lab_atomic_t *head,
                           const struct lab_stack *other, enum lab_stack_beside which)
{
    lab_stack_init(stack, head, other->links, (uint32_t)other->count);
    stack->base = (uint64_t)which << BESIDE_SHIFT;
}

static lab_atomic_t *link_of(const struct lab_stack *stack, uint32_t index)
{
    return &stack->links[lab_index_bounded(index, stack->count)];
}

/* Writes a link that nobody has taken. false: somebody had, or is just doing so. */
static bool take_link(lab_atomic_t *link, uint64_t next)
{
    uint64_t seen = lab_load_relaxed(link);

    return (seen & IN_STACK) == 0 && lab_cas_relaxed(link, &seen, next);
}

/* Links objects one above the other, on top of `next`; unless the caller has taken their links, it
 * leaves out those that others have. Returns what is on top then. */
static uint64_t link_all(const struct lab_stack *stack, uint32_t *indices, unsigned *n,
                         uint64_t next, bool taken)
{
    uint64_t depth = depth_at(stack, next);
    unsigned linked = 0;

    for (unsigned i = 0; i < *n; i++) {
        lab_atomic_t *link = link_of(stack, indices[i]);
        uint64_t value = link_make(next, depth + 1);

        if (taken)
            lab_store_relaxed(link, value);
        else if (lab_unlikely(!take_link(link, value)))
            continue;
        depth++;
        next = (uint64_t)indices[i] + 1;
        indices[linked++] = indices[i];
    }
    *n = linked;
    return next;
}

/* In one CAS, as one who has taken the links, or is to take them. Returns how many it were. */
static unsigned push(const struct lab_stack *stack, uint32_t *indices, unsigned n, bool taken)
{
    /* T2: or the link of what is on top is not seen */
    uint64_t head = lab_load_acquire(stack->head);
    uint64_t next;

    do {
        next = link_all(stack, indices, &n, known(stack, head & INDEX_MASK), taken);
        taken = true;
        if (n == 0)
            return 0;
        /* T1: or a pop follows links that it does not see written */
    } while (!lab_cas_acq_rel(stack->head, &head, head_after(head, next)));
    return n;
}

unsigned lab_stack_push_any(const struct lab_stack *stack, const uint32_t *indices, unsigned n)
{
    uint32_t copy[LAB_STACK_BURST];

    memcpy(copy, indices, n * sizeof(*copy));
    return push(stack, copy, n, false);
}

void lab_stack_forget(const struct lab_stack *stack, uint32_t index)
{
    lab_atomic_t *link = link_of(stack, index);

    lab_store_relaxed(link, lab_load_relaxed(link) & ~IN_STACK);
}

static unsigned pop(const struct lab_stack *stack, uint32_t *ret_indices, unsigned n)
{
    uint64_t head = lab_load_acquire(stack->head); /* T2 */
    unsigned most = n < LAB_STACK_BURST ? n : LAB_STACK_BURST, popped;
    uint64_t below;

    do {
        below = known(stack, head & INDEX_MASK);
        for (popped = 0; popped < most && below != 0; popped++) {
            ret_indices[popped] = (uint32_t)(below - 1);
            below = known(stack, link_next(load_link(stack, below)));
        }
        if (popped == 0)
            return 0;
        /* T3: or a link is read that is not written yet, or that its next holder has written */
    } while (!lab_cas_acq_rel(stack->head, &head, head_after(head, below)));
    return popped;
}

unsigned lab_stack_pop_any(const struct lab_stack *stack, uint32_t *ret_indices, unsigned n)
{
    unsigned popped = pop(stack, ret_indices, n);

    /* They are in no stack any more. Walks still follow the rest of their links. */
    for (unsigned i = 0; i < popped; i++)
        lab_stack_forget(stack, ret_indices[i]);
    return popped;
}

unsigned lab_stack_move_any(const struct lab_stack *from, const struct lab_stack *to, unsigned n)
{
    uint32_t indices[LAB_STACK_BURST];
    unsigned moved = pop(from, indices, n);

    (void)push(to, indices, moved, true);
    return moved;
}

/* Follows links from an object down to the bottom. An object that was popped since keeps its link,
 * and leads to the objects that still lie below; one that was pushed again lies at another depth,
 * or leads down all the same, for below it lies the rest. So the walk is astray exactly if a depth
 * is not the one expected. */
static bool walk_down(const struct lab_stack *stack, uint64_t next,
                      void (*visit)(void *context, uint32_t index), void *context)
{
    uint64_t link, depth, expected = 0;

    for (; next != 0; next = known(stack, link_next(link))) {
        link = load_link(stack, next);
        depth = link_depth(link) - stack->base;
        if (expected == 0)
            expected = depth;
        if (depth == 0 || depth > stack->count || depth != expected--)
            return false;
        visit(context, (uint32_t)(next - 1));
    }
    return expected == 0;
}

int lab_stack_walk_any(const struct lab_stack *stack, void (*visit)(void *context, uint32_t index),
                       void *context)
{
    for (unsigned i = 0; i < WALKS; i++) {
        uint64_t head = lab_load_acquire(stack->head); /* T2 */

        if (walk_down(stack, known(stack, head & INDEX_MASK), visit, context))
            return 0;
    }
    return -EAGAIN;
}

uint32_t lab_stack_count_any(const struct lab_stack *stack)
{
    uint64_t depth =
        depth_at(stack, known(stack, lab_load_acquire(stack->head) & INDEX_MASK)); /* T2 */

    /* A link that some process has damaged may say anything. */
    return depth - stack->base <= stack->count ? (uint32_t)(depth - stack->base) : 0;
}
