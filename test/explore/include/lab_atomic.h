/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ATOMIC_H
#define LAB_ATOMIC_H

/* Stands in for lib/platform/lab_atomic.h in the explorer's builds: the same names and types, but
 * each access first lets the scheduler go on with another thread (schedule.c), and a load may see
 * any value that the memory model allows (memory.c).
 *
 * They are macros, so that a failing schedule can be printed with function, line and the word's
 * name as the source has it. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Plain: all threads of a program are coroutines of one real thread. */
typedef struct lab_atomic {
    uint64_t word;
} lab_atomic_t;

struct explore_site {
    const char *function;
    const char *word;
    int line;
};

uint64_t explore_load(const struct explore_site *site, const lab_atomic_t *a, bool acquire);
void explore_store(const struct explore_site *site, lab_atomic_t *a, uint64_t value, bool release);
bool explore_cas(const struct explore_site *site, lab_atomic_t *a, uint64_t *expected,
                 uint64_t desired, bool acquire, bool release);
uint64_t explore_fetch_add(const struct explore_site *site, lab_atomic_t *a, uint64_t addend);
void explore_fence(const struct explore_site *site);
void explore_touch(void); /* explore.h */
void explore_words_store(const struct explore_site *site, lab_atomic_t *to, void *const *from,
                         unsigned n);
void explore_words_load(const struct explore_site *site, void **to, const lab_atomic_t *from,
                        unsigned n);

#define EXPLORE_SITE(word) (&(const struct explore_site){__func__, word, __LINE__})

#define lab_load_relaxed(a) explore_load(EXPLORE_SITE(#a), a, false)
#define lab_load_acquire(a) explore_load(EXPLORE_SITE(#a), a, true)
#define lab_store_relaxed(a, value) explore_store(EXPLORE_SITE(#a), a, value, false)
#define lab_store_release(a, value) explore_store(EXPLORE_SITE(#a), a, value, true)
#define lab_cas_relaxed(a, expected, desired)                                                      \
    explore_cas(EXPLORE_SITE(#a), a, expected, desired, false, false)
#define lab_cas_acquire(a, expected, desired)                                                      \
    explore_cas(EXPLORE_SITE(#a), a, expected, desired, true, false)
#define lab_cas_release(a, expected, desired)                                                      \
    explore_cas(EXPLORE_SITE(#a), a, expected, desired, false, true)
#define lab_cas_acq_rel(a, expected, desired)                                                      \
    explore_cas(EXPLORE_SITE(#a), a, expected, desired, true, true)
#define lab_fetch_add_relaxed(a, addend) explore_fetch_add(EXPLORE_SITE(#a), a, addend)
#define lab_fence_seq_cst() explore_fence(EXPLORE_SITE("fence"))
#define lab_words_store(to, from, n) explore_words_store(EXPLORE_SITE(#to), to, from, n)
#define lab_words_load(to, from, n) explore_words_load(EXPLORE_SITE(#from), to, from, n)

#define lab_pointer_load_acquire(p) (explore_touch(), *(p))
#define lab_pointer_store_release(p, value) (explore_touch(), (void)(*(p) = (value)))

/* Keeps the compiler in order and nothing else, so in the memory model it is nothing. */
#define lab_fence_light() ((void)0)

/* Most bytes are not explored. Hints and dirt: nothing about who has what depends on them. Locks of
 * pages: one access each. But those that a program names by explore_bytes() are. */
typedef struct lab_byte {
    uint8_t byte;
} lab_byte_t;

void explore_bytes(lab_byte_t *bytes, unsigned n);
uint8_t explore_byte_load(const struct explore_site *site, const lab_byte_t *b);
void explore_byte_store(const struct explore_site *site, lab_byte_t *b, uint8_t value);

#define lab_byte_load_relaxed(b) explore_byte_load(EXPLORE_SITE(#b), b)
#define lab_byte_store_relaxed(b, value) explore_byte_store(EXPLORE_SITE(#b), b, value)
#define lab_bytes_load(to, from, n) (explore_touch(), (void)memcpy(to, from, n))
#define lab_bytes_fill(to, value, n) (explore_touch(), (void)memset(to, value, n))
#define lab_byte_cas_acquire(b, expected, desired) explore_byte_cas(b, expected, desired)
#define lab_byte_cas_release(b, expected, desired) explore_byte_cas(b, expected, desired)

static inline bool explore_byte_cas(lab_byte_t *b, uint8_t *expected, uint8_t desired)
{
    bool done = b->byte == *expected;

    explore_touch();
    if (done)
        b->byte = desired;
    else
        *expected = b->byte;
    return done;
}

#endif
