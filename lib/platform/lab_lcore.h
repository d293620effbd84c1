/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_LCORE_H
#define LAB_LCORE_H

#include <lab_common.h>
#include <stdint.h>

/* An lcore is a polling thread with a small integer id; no two living threads that use one pool
 * have the same id. Programs whose framework numbers its threads use those; others get ids here. */

/* Ids run from 0 to LAB_LCORE_MAX - 1. 128 is DPDK's own default maximum. */
#define LAB_LCORE_MAX 128u

/* Any thread without an id of its own. It can do everything, at the price of atomics. */
#define LAB_LCORE_ANY UINT32_MAX

/* Gives the calling thread the lowest id that no thread of this process has, and puts it into
 * *ret_lcore; a thread that has one already gets the same again. A thread that ends gives its id
 * back by itself. Any thread; lock-free but for the C library, which may allocate: not for hot
 * paths.
 * Returns 0; -ENOSPC when all LAB_LCORE_MAX ids are taken; -ENOMEM when the C library cannot
 * remember to act at the thread's end. */
LAB_PUBLIC int lab_lcore_acquire(uint32_t *ret_lcore);

/* Gives the calling thread's id back; what its pools hold for that id stays obtainable by all, and
 * serves the next thread that gets the id. Any thread; lock-free. Returns 0, or -ENOENT when the
 * thread has none. */
LAB_PUBLIC int lab_lcore_release(void);

/* The calling thread's id, or LAB_LCORE_ANY. Wait-free. */
LAB_PUBLIC uint32_t lab_lcore_self(void);

/* A process is named by a word, for lab_pool_transfer() and lab_pool_reclaim(), which are told of
 * others. */

/* Puts into *ret_identity a word that no other process of this machine has, before or after, for
 * the process of that id; pid 0 is the caller. An id alone is used again, and stays at an exec. One
 * whose identity cannot be known from here sends it itself, by any message. Returns 0; -ESRCH when
 * there is none; -EXDEV when it is of another PID or time namespace; -EACCES when the caller may
 * not look into it; or -errno, for what stands in the way of reading /proc. Any thread; blocking,
 * as reading a file is. Example: doc/examples/handover.c. */
LAB_PUBLIC int lab_os_process(int pid, uint64_t *ret_identity);

#endif
