/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* The state of this process alone: who it is, and a lock of its threads. */

#include <lab_audit_here.h>
#include <lab_os.h>
#include <signal.h>

struct lab_audit_here lab_audit_here;

static void forked(void)
{
    static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

    lab_store_relaxed(&lab_audit_here.identity, 0);
    lab_store_relaxed(&lab_audit_here.home, 0);
    lab_audit_here.entering = unlocked; /* a thread that is not in the child may have had it */
}

/* Without, a child that uses what it inherited counts as its parent. The handler sees no child that
 * was not made by fork(3), and advice about memory is not followed everywhere: emulators say that
 * they have, and do nothing. */
static void remember_to_forget(void)
{
    (void)lab_os_empty_in_children(&lab_audit_here, sizeof(lab_audit_here));
    (void)pthread_atfork(NULL, NULL, forked);
}

void lab_audit_lock_here(sigset_t *ret_signals)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, ret_signals);
    pthread_mutex_lock(&lab_audit_here.entering);
}

void lab_audit_unlock_here(const sigset_t *signals)
{
    pthread_mutex_unlock(&lab_audit_here.entering);
    pthread_sigmask(SIG_SETMASK, signals, NULL);
}

/* Once: what could not be found out, as in want of a file descriptor, stays so. The home is there
 * before the identity:
 *
 *     I1 store of the identity release   pairs with I2
 *     I2 load of the identity  acquire   pairs with I1 */
static LAB_NOINLINE uint64_t find_out(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sigset_t signals;
    struct lab_os_process self;

    pthread_once(&once, remember_to_forget);
    lab_audit_lock_here(&signals);
    self.identity = lab_load_relaxed(&lab_audit_here.identity);
    if (self.identity == 0) {
        lab_os_process_self(&self);
        lab_store_relaxed(&lab_audit_here.home, self.home);
        /* I1: or another thread sees the identity, and 0 for its home */
        lab_store_release(&lab_audit_here.identity, self.identity);
    }
    lab_audit_unlock_here(&signals);
    return self.identity;
}

uint64_t lab_audit_self(void)
{
    uint64_t identity = lab_load_acquire(&lab_audit_here.identity); /* I2: as I1 says */

    return lab_likely(identity != 0) ? identity : find_out();
}

uint64_t lab_audit_home(void)
{
    (void)lab_audit_self();
    return lab_load_relaxed(&lab_audit_here.home);
}
