/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_AUDIT_HERE_H
#define LAB_AUDIT_HERE_H

/* The audit's knowledge of the process it runs in. Inline, since at level full every get and put
 * asks for it. */

#include <lab_audit_table.h>
#include <pthread.h>
#include <signal.h>

/* Sites that are kept as the program's own. A program has some dozens of gets and puts. */
#define LAB_AUDIT_OWN_SITES 256u

/* A page of its own, which the kernel empties for a child. */
#define LAB_AUDIT_HERE_BYTES 4096u

/* A child finds all of it empty: it is another process. */
struct lab_audit_here {
    alignas(LAB_AUDIT_HERE_BYTES) lab_atomic_t identity; /* lab_os_process_self(), once somebody has
                                                            asked; 0 before */
    lab_atomic_t home;                                   /* the same */
    pthread_mutex_t entering;                            /* zeros are PTHREAD_MUTEX_INITIALIZER */
    lab_atomic_t own[LAB_AUDIT_OWN_SITES];
};

/* Hidden where it is declared, or it would be reached through a table of addresses. */
extern struct lab_audit_here lab_audit_here __attribute__((visibility("hidden")));

/* A lock among the threads of this process, for what each process does once with a table. Signals
 * are kept away meanwhile, since their handlers may use the table: *ret_signals are those that were
 * blocked before. */
void lab_audit_lock_here(sigset_t *ret_signals);
void lab_audit_unlock_here(const sigset_t *signals);

#endif
