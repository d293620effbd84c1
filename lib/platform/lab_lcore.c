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

static void give_back(uint32_t lcore)
{
    self = LAB_LCORE_ANY;
    /* L1: or the id's next thread does not see all that this one did with it */
    lab_store_release(&taken[lcore], 0);
}

static void thread_ended(void *mark)
{
    if (self != LAB_LCORE_ANY)
        give_back(self);
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

static bool take_lowest(uint32_t *ret_lcore)
{
    for (uint32_t i = 0; i < LAB_LCORE_MAX; i++) {
        uint64_t none = 0;

        if (lab_cas_acq_rel(&taken[i], &none, 1)) { /* L2: as L1 says */
            *ret_lcore = i;
            return true;
        }
    }
    return false;
}

int lab_lcore_acquire(uint32_t *ret_lcore)
{
    if (self == LAB_LCORE_ANY) {
        uint32_t lcore;

        if (!have_key || pthread_setspecific(at_thread_end, &at_thread_end))
            return -ENOMEM;
        if (!take_lowest(&lcore))
            return -ENOSPC;
        self = lcore;
    }
    *ret_lcore = self;
    return 0;
}

int lab_lcore_release(void)
{
    if (self == LAB_LCORE_ANY)
        return -ENOENT;
    give_back(self);
    return 0;
}

uint32_t lab_lcore_self(void)
{
    return self;
}
