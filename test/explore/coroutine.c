/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
/* The checks of _FORTIFY_SOURCE take a jump to another stack for a mistake. */
#undef _FORTIFY_SOURCE
#include "coroutine.h"

#include <string.h>

static ucontext_t maker;
static struct coroutine *made;
static jmp_buf outside;
static void (*body_of_all)(void);

/* The frame that every start jumps back to; nothing is kept in it. */
static void enter(void)
{
    if (_setjmp(made->begin) == 0)
        setcontext(&maker);
    body_of_all();
}

static void make(struct coroutine *c)
{
    getcontext(&c->context);
    c->context.uc_stack.ss_sp = c->stack;
    c->context.uc_stack.ss_size = sizeof(c->stack);
    makecontext(&c->context, enter, 0);
    made = c;
    swapcontext(&maker, &c->context);
    c->is_made = true;
}

void coroutine_start(struct coroutine *c, void (*body)(void))
{
    if (!c->is_made)
        make(c);
    body_of_all = body;
    memcpy(c->here, c->begin, sizeof(c->here));
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
    if (_setjmp(from->here) == 0)
        _longjmp(to->here, 1);
}

void coroutine_run(struct coroutine *first)
{
    if (_setjmp(outside) == 0)
        _longjmp(first->here, 1);
}

void coroutine_stop(void)
{
    _longjmp(outside, 1);
}
