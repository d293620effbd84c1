/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "labyrinth_driver.h"
#include "labyrinth_stack.h"

#define STACK_BYTES ((size_t)1 << 20)

/* makecontext() passes numbers of 32 bits. */
static void enter(unsigned int high, unsigned int low)
{
    struct labyrinth_stack *stack = (void *)((uintptr_t)high << 32 | low);

    stack->function(stack->argument);
}

bool labyrinth_stack_call_on(struct labyrinth_stack *stack, void *memory, size_t bytes,
                             void (*function)(void *argument), void *argument)
{
    uintptr_t address = (uintptr_t)stack;

    if (memory == NULL || getcontext(&stack->callee) != 0)
        return false;
    stack->callee.uc_stack.ss_sp = memory;
    stack->callee.uc_stack.ss_size = bytes;
    stack->callee.uc_link = &stack->caller;
    stack->function = function;
    stack->argument = argument;
    makecontext(&stack->callee, (void (*)(void))enter, 2, (unsigned int)(address >> 32),
                (unsigned int)address);
    return swapcontext(&stack->caller, &stack->callee) == 0;
}

/* The one for all: its owner's alone, while it has the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct labyrinth_stack shared;
static void *shared_memory;

/* With a page below it that nobody may touch. */
static void *make_stack(void)
{
    char *made = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

    if (made == MAP_FAILED)
        return NULL;
    (void)mprotect(made, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
    return made;
}

void labyrinth_stack_call(void (*function)(void *argument), void *argument)
{
    bool called = false;

    if (pthread_mutex_trylock(&lock) == 0) {
        if (shared_memory == NULL)
            shared_memory = make_stack();
        called = labyrinth_stack_call_on(&shared, shared_memory, STACK_BYTES, function, argument);
        pthread_mutex_unlock(&lock);
    }
    if (!called)
        function(argument);
}
