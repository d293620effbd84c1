/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "labyrinth_driver.h"

#define STACK_BYTES ((size_t)1 << 20)

/* Its owner's alone, while it has the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *stack;
static ucontext_t caller, callee;
static void (*asked)(void *argument);
static void *asked_argument;

static void enter(void)
{
    asked(asked_argument);
}

/* With a page below it that nobody may touch. */
static void *make_stack(void)
{
    char *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    (void)mprotect(memory, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
    return memory;
}

/* False, and nothing has been called. */
static bool call_there(void (*function)(void *argument), void *argument)
{
    if (stack == NULL)
        stack = make_stack();
    if (stack == NULL || getcontext(&callee) != 0)
        return false;
    callee.uc_stack.ss_sp = stack;
    callee.uc_stack.ss_size = STACK_BYTES;
    callee.uc_link = &caller;
    asked = function;
    asked_argument = argument;
    makecontext(&callee, enter, 0);
    return swapcontext(&caller, &callee) == 0;
}

void labyrinth_stack_call(void (*function)(void *argument), void *argument)
{
    bool called = false;

    if (pthread_mutex_trylock(&lock) == 0) {
        called = call_there(function, argument);
        pthread_mutex_unlock(&lock);
    }
    if (!called)
        function(argument);
}
