/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_BARRIER_H
#define LAB_BARRIER_H

#include <lab_common.h>
#include <stdbool.h>
#include <stdint.h>

/* The dear half of an asymmetric fence pair.
 *
 * A hot path that stores one word and loads another would need a full fence between them, 26 to
 * 155 % of a get's time. Instead it has lab_fence_light() (free), and a thread that starves makes
 * every thread that is running execute a fence: membarrier(2), expedited.
 *
 * Expedited, that call reaches the threads of the caller's own process alone. There is a command
 * for several processes (GLOBAL_EXPEDITED), but kernels skip CPUs that it should reach: what it
 * goes by is kept for each CPU and forgotten when a thread exits there, until some other process
 * has run on that CPU (doc/adr/0014). So between processes there is only the slow command, which
 * waits for every CPU to pass through the scheduler, and structures see to it that they seldom need
 * it. */
enum lab_barrier {
    LAB_BARRIER_FENCE,   /* no membarrier: the owner must fence on every get */
    LAB_BARRIER_PRIVATE, /* threads of this process only, expedited */
    LAB_BARRIER_SHARED,  /* all threads of all processes: milliseconds */
};

/* Registers this process for LAB_BARRIER_PRIVATE, which it may then use, and puts into *ret_got
 * what a structure that is made now should use: `wanted` itself, or LAB_BARRIER_FENCE where the
 * kernel (or an emulator) has no membarrier, or where the environment variable LABYRINTH_BARRIER is
 * "fence". Idempotent. Any thread; system calls. Returns 0, or -EINVAL if `wanted` is no enum
 * lab_barrier. */
int lab_barrier_register(enum lab_barrier wanted, enum lab_barrier *ret_got);

/* The address space that LAB_BARRIER_PRIVATE reaches, as a number that no other has, in other
 * containers either; 0 before a lab_barrier_register() that got LAB_BARRIER_PRIVATE or SHARED, and
 * in a child after fork. Any thread; wait-free. */
uint64_t lab_barrier_address_space(void);

/* Returns after every thread of the processes concerned has executed a full fence, or has been off
 * its CPU. With LAB_BARRIER_FENCE it is a fence of the caller alone. Any thread; a system call,
 * PRIVATE 0.2 us alone and tens of us with a busy sibling: for starving paths only.
 *
 * Returns true; or false where PRIVATE was refused, because the process never registered, or gave
 * up membarrier(2) afterwards, as programs do that filter their system calls. It was then done as
 * SHARED: no less sure, but slow. A caller that would call often does better to have the owners
 * fence.
 *
 * SHARED takes 8 to 20 ms and needs no registration. Kernels with CPUs that have no tick
 * (nohz_full) refuse it, as filters of system calls may; then it lasts 10 ms, in which every store
 * that was made before has long left its CPU's store buffer. Source: Morrison, Afek, "Temporally
 * bounding TSO for fence-free asymmetric synchronization" (2015). */
bool lab_barrier_heavy(enum lab_barrier kind);

#endif
