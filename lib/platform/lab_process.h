/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include <lab_common.h>
#include <stdint.h>

/* Who a process is: for lab_pool_transfer() and lab_pool_reclaim(), which are told of others. */

/* Puts into *ret_identity a word that no other process of this machine has, before or after, for
 * the process of that id; pid 0 is the caller. An id alone is used again, and stays at an exec. One
 * whose identity cannot be told from here tells it itself, by any message. Returns 0; -ESRCH when
 * there is none; -EXDEV when it is of another PID or time namespace; -EACCES when the caller may
 * not look into it; or -errno, for what stands in the way of reading /proc. Any thread; blocking,
 * as reading a file is. Example: doc/examples/handover.c. */
LAB_PUBLIC int lab_os_process(int pid, uint64_t *ret_identity);

#endif
