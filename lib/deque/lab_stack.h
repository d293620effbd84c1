/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_STACK_H
#define LAB_STACK_H

/* The shared stack: free objects that have no deque to be in, because the thread that freed them
 * has none, or because its deque is full. Any number of threads, no owner.
 *
 * A Treiber stack of small numbers ("index" below), linked through an array outside the objects,
 * since free buffers keep their content. Three differences from the textbook:
 *
 * - The head word carries a tag that grows by one with every change, so that a pop may walk several
 *   links and take them all in one CAS: if the head is the same word, nothing below it has moved.
 * - Each link also holds the depth of the stack at its object, which makes the count exact.
 * - Links are never freed, so a walk that has been overtaken reads stale numbers, not stray memory,
 *   and its CAS fails.
 *
 *     head  = tag << LAB_STACK_INDEX_BITS | index + 1          (0 in the low bits: empty)
 *     link  = depth << 32 | whether it is in a stack << 31 | index + 1 of the next below
 *
 * An object's index is in one of the stacks over its link at most once: a push takes the link for
 * its own, and leaves out what another push has taken before it. So an object that is freed twice
 * is wrong alone; without that rule, it would become its own successor, and all below it would be
 * lost. The holder of an object that is in no stack may take its link.
 *
 * Progress: lock-free. A thread stopped or killed in push hides what it was pushing, in pop what it
 * had just taken: at most LAB_STACK_BURST objects.
 *
 * Source: Treiber, "Systems programming: coping with parallelism" (1986); tags as in IBM's
 * System/370 Principles of Operation.
 *
 *     T1 a push's CAS of head   acq_rel   pairs with T2, T3: links are written before it; and
 *        where it is tried again, the next ones are read after it
 *     T2 load of head           acquire   pairs with T1
 *     T3 a pop's CAS of head    acq_rel   pairs with T1: where it is tried again; and no read of
 *        a link sinks below it
 */

#include <lab_atomic.h>
#include <lab_common.h>

/* 2^28 objects at most, and 36 bits of tag: a thread would have to be overtaken by exactly 2^36
 * changes between its load and its CAS to be deceived, an hour at 20 million a second. */
#define LAB_STACK_INDEX_BITS 28
#define LAB_STACK_INDEX_MAX ((UINT32_C(1) << LAB_STACK_INDEX_BITS) - 2)

/* The most objects that one CAS moves. */
#define LAB_STACK_BURST 64u

/* The constant part of a stack, so that a process can have it where no other writes. */
struct lab_stack {
    lab_atomic_t *head;  /* best on a cache line of its own; 0: empty */
    lab_atomic_t *links; /* one for each index */
    uint64_t count;      /* of them: what names another is no link, and is not followed */
    uint64_t base;       /* depth of the bottom: distinguishes the links of stacks over one array */
};

/* Fills it in, over links[0 .. count-1], for indices 0 .. count-1. These are all zero, or as
 * another stack left them, since a walk that has been overtaken may follow any of them; a head of
 * zero makes it empty. */
void lab_stack_init(struct lab_stack *stack, lab_atomic_t *head, lab_atomic_t *links,
                    uint32_t count);

/* The stacks that can lie over the same links; of the last kind there may be any number. */
enum lab_stack_beside { LAB_STACK_RESERVE = 1, LAB_STACK_OF_A_CALL };

/* Another stack over the links of `other`. */
void lab_stack_init_beside(struct lab_stack *stack, lab_atomic_t *head,
                           const struct lab_stack *other, enum lab_stack_beside which);

/* Shows visit() every index that is in the stack from the beginning to the end of the call, and
 * perhaps some that came or went meanwhile, or twice. -EAGAIN when others changed the stack so much
 * that it did not come to an end. Any thread; wait-free. */
int lab_stack_walk_any(const struct lab_stack *stack, void (*visit)(void *context, uint32_t index),
                       void *context) LAB_CHECKED;

/* Puts n objects (at most LAB_STACK_BURST) on top, indices[n-1] topmost, in one CAS. Returns how
 * many were not in a stack already: the others are left out. Any thread. */
unsigned lab_stack_push_any(const struct lab_stack *stack, const uint32_t *indices, unsigned n);

/* Says that an object is in no stack: one whose last holder was killed while it moved it. The
 * caller has found it, and has it alone; wait-free. */
void lab_stack_forget(const struct lab_stack *stack, uint32_t index);

/* Takes the topmost objects, at most n and at most LAB_STACK_BURST, in one CAS; returns how many.
 * Any thread. */
unsigned lab_stack_pop_any(const struct lab_stack *stack, uint32_t *ret_indices, unsigned n);

/* Moves the topmost objects, at most n and at most LAB_STACK_BURST, to a stack of the caller's own
 * over the same links; returns how many. The same as a pop and a push, but cheaper. Any thread. */
unsigned lab_stack_move_any(const struct lab_stack *from, const struct lab_stack *to, unsigned n);

/* Objects in the stack: exact at some moment during the call, unless it was overtaken. Any thread;
 * wait-free. */
uint32_t lab_stack_count_any(const struct lab_stack *stack);

#endif
