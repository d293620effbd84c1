/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_CPUS_H
#define COMMON_CPUS_H

#include <pthread.h>
#include <sched.h>

/* The CPUs that the program was started on. The EAL pins the calling thread, so this is asked
 * once, before. */
void cpus_remember(void);
const cpu_set_t *cpus_allowed(void);
unsigned cpus_count(void);

/* The number of the n-th allowed CPU, beginning again after the last. */
unsigned cpus_nth(unsigned n);

/* Starts a thread that may run on all of them: the caller is pinned, and its children would be with
 * it, behind a thread that polls. 0, or an error number as of pthread_create(3). */
int cpus_start_thread(pthread_t *ret_thread, void *(*run)(void *), void *argument);

#endif
