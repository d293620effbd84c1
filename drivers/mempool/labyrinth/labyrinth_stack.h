/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_STACK_H
#define LABYRINTH_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

/* The state of a call on another stack: 2 KiB, too much for a small stack. */
struct labyrinth_stack {
    ucontext_t caller, callee;
    void (*function)(void *argument);
    void *argument;
};

/* Calls function(argument) on the stack of that size that begins at `memory`, and returns when
 * it does. False, and nothing has been called. One thread at a time for one *stack. */
bool labyrinth_stack_call_on(struct labyrinth_stack *stack, void *memory, size_t bytes,
                             void (*function)(void *argument), void *argument);

#endif
