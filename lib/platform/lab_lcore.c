/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_atomic.h>
#include <lab_lcore.h>
#include <pthread.h>
#include <stdbool.h>

/* Invariant: taken[i] is 1 exactly while one living thread has self == i; otherwise it is 0.
 *
 * The C library clears that of a thread that ends without lab_lcore_release(): acquiring an id
 * leaves a mark under `at_thread_end`, whose destructor releases it.
 *
 *     L1 an id is given back release   pairs with L2
 *     L2 an id is taken      acq_rel   pairs with L1 */

static lab_atomic_t taken[LAB_LCORE_MAX];
static __thread uint32_t self = LAB_LCORE_ANY;

static pthread_key_t at_thread_end;
static bool have_key;

int lab_lcore_release(void)
{
    uint32_t lcore = self;

    if (lcore == LAB_LCORE_ANY)
        return -ENOENT;
    self = LAB_LCORE_ANY;
    /* L1: or the id's next thread does not see all that this one did with it */
    lab_store_release(&taken[lcore], 0);
    return 0;
}

static void thread_ended(void *mark)
{
    (void)lab_lcore_release();
}

/* Of the parent's threads only the one that forked lives in the child. */
static void forked(void)
{
    for (uint32_t i = 0; i < LAB_LCORE_MAX; i++)
        lab_store_relaxed(&taken[i], i == self);
}

/* Before other constructors, which may already want an id. */
__attribute__((constructor(101))) static void load(void)
{
    have_key = pthread_key_create(&at_thread_end, thread_ended) == 0 &&
               pthread_atfork(NULL, NULL, forked) == 0;
}

/* A thread may end after the library has been unloaded. */
__attribute__((destructor)) static void unload(void)
{
    if (have_key)
        pthread_key_delete(at_thread_end);
    have_key = false;
}

int lab_lcore_acquire(uint32_t *ret_lcore)
{
    if (self == LAB_LCORE_ANY && (!have_key || pthread_setspecific(at_thread_end, &at_thread_end)))
        return -ENOMEM;
    for (uint32_t i = 0; i < LAB_LCORE_MAX && self == LAB_LCORE_ANY; i++) {
        uint64_t none = 0;

        if (lab_cas_acq_rel(&taken[i], &none, 1)) /* L2: as L1 says */
            self = i;
    }
    if (self == LAB_LCORE_ANY)
        return -ENOSPC;
    *ret_lcore = self;
    return 0;
}

uint32_t lab_lcore_self(void)
{
    return self;
}
