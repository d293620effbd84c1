/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <errno.h>
#include <lab_atomic.h>
#include <lab_lcore.h>
#include <pthread.h>
#include <stdbool.h>

/* Invariant: bit i of `taken` is set exactly while one living thread has self == i.
 *
 * The C library clears the bit of a thread that ends without lab_lcore_release(): acquiring an id
 * leaves a mark under `at_thread_end`, whose destructor releases it.
 *
 *     L1 an id is given back release   pairs with L2
 *     L2 an id is taken      acq_rel   pairs with L1 */

#define WORD_BITS 64u
#define WORDS (LAB_LCORE_MAX / WORD_BITS)
_Static_assert(LAB_LCORE_MAX % WORD_BITS == 0, "the bitmap has whole words");

static lab_atomic_t taken[WORDS];
static __thread uint32_t self = LAB_LCORE_ANY;

static pthread_key_t at_thread_end;
static bool have_key;

static void give_back(uint32_t lcore)
{
    lab_atomic_t *word = &taken[lcore / WORD_BITS];
    uint64_t mine = UINT64_C(1) << (lcore % WORD_BITS);
    uint64_t seen = lab_load_relaxed(word);

    self = LAB_LCORE_ANY;
    /* L1: or the id's next thread does not see all that this one did with it */
    while (!lab_cas_release(word, &seen, seen & ~mine))
        ;
}

static void thread_ended(void *mark)
{
    if (self != LAB_LCORE_ANY)
        give_back(self);
}

/* Of the parent's threads only the one that forked lives in the child. */
static void forked(void)
{
    for (uint32_t i = 0; i < WORDS; i++)
        lab_store_relaxed(&taken[i], self / WORD_BITS == i ? UINT64_C(1) << (self % WORD_BITS) : 0);
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

static bool take_lowest(lab_atomic_t *word, uint32_t *ret_bit)
{
    uint64_t seen = lab_load_relaxed(word);

    while (~seen) {
        uint32_t bit = (uint32_t)__builtin_ctzll(~seen);

        /* L2: as L1 says */
        if (lab_cas_acq_rel(word, &seen, seen | UINT64_C(1) << bit)) {
            *ret_bit = bit;
            return true;
        }
    }
    return false;
}

static bool take_id(uint32_t *ret_lcore)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t bit;

        if (take_lowest(&taken[i], &bit)) {
            *ret_lcore = i * WORD_BITS + bit;
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
        if (!take_id(&lcore))
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
