/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_BARRIER_H
#define LAB_BARRIER_H

#include <lab_common.h>

/* The dear half of an asymmetric fence pair.
 *
 * A hot path that stores one word and loads another would need a full fence between them, 26 to
 * 155 % of a get's time. Instead it has lab_fence_light() (free), and whoever starves makes every
 * thread that is running execute a fence: membarrier(2), expedited.
 *
 * Which command works depends on the kernel and on who shares the memory. The decision is made
 * once, when the shared structure is created, and kept in it: a process that cannot take part
 * must not use that structure's cheap half. */
enum lab_barrier {
    LAB_BARRIER_FENCE,   /* no membarrier: the owner must fence on every get */
    LAB_BARRIER_PRIVATE, /* threads of this process only */
    LAB_BARRIER_SHARED,  /* all processes that called lab_barrier_register(LAB_BARRIER_SHARED) */
};

/* Registers this process for `wanted`, and puts into *ret_got what a structure that is made now
 * should use: `wanted` itself, or LAB_BARRIER_FENCE where the kernel (or an emulator) has no
 * membarrier, or where the environment variable LABYRINTH_BARRIER is "fence" (the process is
 * registered all the same, for what others made). Idempotent. Any thread; a system call.
 * Returns 0, or -EINVAL if `wanted` is no enum lab_barrier. */
LAB_PUBLIC int lab_barrier_register(enum lab_barrier wanted, enum lab_barrier *ret_got);

/* Returns after every thread of the processes concerned has executed a full fence, or has been off
 * its CPU. With LAB_BARRIER_FENCE it is a fence of the caller alone. Any thread; a system call,
 * 0.2 us alone and tens of us with a busy sibling: for starving paths only. It cannot fail once
 * registered: a kernel that refuses it then breaks the memory model, and the process is aborted. */
LAB_PUBLIC void lab_barrier_heavy(enum lab_barrier kind);

#endif
