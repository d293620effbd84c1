/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_LCORE_H
#define LAB_LCORE_H

#include <lab_common.h>
#include <stdint.h>

/** @file
 * Lcores and processes: the ids of those who use pools.
 *
 * An lcore is a polling thread with a small integer id; no two living threads that use one pool
 * have the same id. Programs whose framework numbers its threads use those; others get ids here. */

/** Ids run from 0 to LAB_LCORE_MAX - 1. 128 is DPDK's own default maximum. */
#define LAB_LCORE_MAX 128u

/** Any thread without an id of its own. It can do everything, at the price of atomics. */
#define LAB_LCORE_ANY UINT32_MAX

/** Gives the calling thread the lowest id that no thread of this process has, and puts it into
 * *ret_lcore. A thread that has one already gets the same again. A thread that ends gives its id
 * back by itself.
 *
 * @retval -ENOSPC all LAB_LCORE_MAX ids are taken
 * @retval -ENOMEM the C library cannot remember to act at the thread's end
 * @threads Any thread; lock-free but for the C library, which may allocate: not for hot paths. */
LAB_PUBLIC int lab_lcore_acquire(uint32_t *ret_lcore);

/** Gives the calling thread's id back. Objects that its pools keep for that id stay obtainable by
 * all, and serve the next thread that gets the id.
 *
 * @retval -ENOENT the thread has none
 * @threads Any thread; lock-free. */
LAB_PUBLIC int lab_lcore_release(void);

/** Returns the calling thread's id.
 *
 * @return the id, or LAB_LCORE_ANY
 * @threads Any thread; wait-free. */
LAB_PUBLIC uint32_t lab_lcore_self(void);

/** Puts into *ret_identity a word that names a process. No other process of this machine has it,
 * before or after. pid 0 is the caller. A process id alone is used again, and stays at an exec. A
 * process whose identity cannot be known from here sends it itself, by any message. The word is for
 * lab_pool_transfer() and lab_pool_reclaim(), which name other processes by it.
 *
 * @retval -ESRCH there is no process of that id
 * @retval -EXDEV it is of another PID or time namespace
 * @retval -EACCES the caller may not look into it
 * @retval -errno what else stands in the way of reading /proc
 * @threads Any thread; blocking, as reading a file is. */
LAB_PUBLIC int lab_os_process(int pid, uint64_t *ret_identity);

#endif
