/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef QUIET_H
#define QUIET_H

/* Counts what a thread asks of the system and of the heap. A seccomp filter makes each system call
 * of the thread wait until another thread has counted it and lets it go on, so that a program does
 * the same as without. Allocations and frees are counted in functions that stand before those of
 * the C library. */

struct quiet_counts {
    unsigned calls;       /* system calls */
    int first;            /* the number of the first of them, or -1 */
    unsigned allocations; /* and frees */
};

/* Counts for the calling thread from now on; one thread of a process at a time. Returns 0; or
 * -ENOTSUP where this machine has no such filters, or a sanitizer makes calls of its own: nothing
 * is counted then. */
int quiet_begin(void);

/* Ends what quiet_begin() began. The thread keeps the filter, and should end soon. */
struct quiet_counts quiet_end(void);

#endif
