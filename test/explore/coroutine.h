/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COROUTINE_H
#define COROUTINE_H

/* Coroutines that are started anew millions of times, and switched between at each access. They are
 * made with makecontext(3) once; from then on they jump, because swapcontext(3) makes a system call
 * each time, and the explorer would spend most of its time there. */

#include <setjmp.h>
#include <stdbool.h>
#include <ucontext.h>

#define COROUTINE_STACK_BYTES (64u << 10)

struct coroutine {
    jmp_buf begin, here; /* where it starts, and where it goes on */
    bool is_made;
    ucontext_t context;
    char stack[COROUTINE_STACK_BYTES] __attribute__((aligned(16)));
};

/* The next switch to it calls body(), which never returns. Its work so far is forgotten. */
void coroutine_start(struct coroutine *c, void (*body)(void));

/* Leaves `from`, which goes on after this call when somebody switches to it. */
void coroutine_switch(struct coroutine *from, struct coroutine *to);

/* From outside of all coroutines: runs `first`, and those that it switches to, until one of them
 * calls coroutine_stop(). */
void coroutine_run(struct coroutine *first);
void coroutine_stop(void) __attribute__((noreturn));

#endif
