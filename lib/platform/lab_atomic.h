/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ATOMIC_H
#define LAB_ATOMIC_H

/* Every atomic access of the library goes through this header.
 *
 * The order stands in the helper's name, and at the call a label and what would go wrong without
 * it. A table of labels in the header, or in the file, names each one's partner (config/labels.py).
 * There is one type, a 64-bit word, and no sequentially consistent access: where two threads must
 * not both miss each other's write there is a fence.
 *
 * The interleaving explorer (test/explore) replaces this header by one that lets a scheduler and
 * a memory model decide after each access, so lib/ must use <lab_atomic.h>, never "lab_atomic.h",
 * and nothing of <stdatomic.h>. The words are plain ones below GCC's builtins, not _Atomic: the
 * same instructions, and C++ understands them.
 */

#include <lab_common.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static_assert(sizeof(void *) == 8, "Labyrinth keeps pointers in 64-bit words");

typedef struct lab_atomic {
    uint64_t word;
} lab_atomic_t;

static inline uint64_t lab_load_relaxed(const lab_atomic_t *a)
{
    return __atomic_load_n(&a->word, __ATOMIC_RELAXED);
}

static inline uint64_t lab_load_acquire(const lab_atomic_t *a)
{
    return __atomic_load_n(&a->word, __ATOMIC_ACQUIRE);
}

static inline void lab_store_relaxed(lab_atomic_t *a, uint64_t value)
{
    __atomic_store_n(&a->word, value, __ATOMIC_RELAXED);
}

static inline void lab_store_release(lab_atomic_t *a, uint64_t value)
{
    __atomic_store_n(&a->word, value, __ATOMIC_RELEASE);
}

/* Compare and swap, strong. On failure *expected is what was found, read relaxed, except by
 * lab_cas_acq_rel, whose failed read acquires. */
static inline bool lab_cas_relaxed(lab_atomic_t *a, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->word, expected, desired, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

static inline bool lab_cas_acquire(lab_atomic_t *a, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->word, expected, desired, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline bool lab_cas_release(lab_atomic_t *a, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->word, expected, desired, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}

static inline bool lab_cas_acq_rel(lab_atomic_t *a, uint64_t *expected, uint64_t desired)
{
    return __atomic_compare_exchange_n(&a->word, expected, desired, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

static inline uint64_t lab_fetch_add_relaxed(lab_atomic_t *a, uint64_t addend)
{
    return __atomic_fetch_add(&a->word, addend, __ATOMIC_RELAXED);
}

static inline void lab_fence_seq_cst(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The cheap half of an asymmetric pair: keeps the compiler from moving accesses across it, and
 * costs no instruction. Its partner is lab_barrier_heavy() in another thread (lab_barrier.h). */
static inline void lab_fence_light(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* A shared byte, for hints: nothing that must be true may depend on one. */
typedef struct lab_byte {
    uint8_t byte;
} lab_byte_t;

static inline uint8_t lab_byte_load_relaxed(const lab_byte_t *b)
{
    return __atomic_load_n(&b->byte, __ATOMIC_RELAXED);
}

static inline void lab_byte_store_relaxed(lab_byte_t *b, uint8_t value)
{
    __atomic_store_n(&b->byte, value, __ATOMIC_RELAXED);
}

/* Compare and swap of a byte, strong, as above: for what one thread at a time may have. */
static inline bool lab_byte_cas_acquire(lab_byte_t *b, uint8_t *expected, uint8_t desired)
{
    return __atomic_compare_exchange_n(&b->byte, expected, desired, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline bool lab_byte_cas_release(lab_byte_t *b, uint8_t *expected, uint8_t desired)
{
    return __atomic_compare_exchange_n(&b->byte, expected, desired, false, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED);
}

/* A pointer that one thread sets, with what it points to, and others find. In the explorer it is a
 * plain one: it changes once. */
#define lab_pointer_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define lab_pointer_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)

/* lab_words_store and lab_words_load copy n pointers into or out of shared words, each word as if
 * by a relaxed atomic access. Compilers do not vectorise atomic accesses, which would cost a
 * third of a burst's time, so lab_words_move() moves what goes in larger pieces, and returns how
 * many: on x86-64 and AArch64 no aligned 8-byte lane of a wider access is ever torn.
 * ThreadSanitizer sees plain atomics. */
#if defined(__SANITIZE_THREAD__)
#define LAB_WORDS_ATOMIC 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LAB_WORDS_ATOMIC 1
#endif
#endif
#ifndef LAB_WORDS_ATOMIC
#define LAB_WORDS_ATOMIC 0
#endif

#ifdef __AVX__
/* Where the processor moves four words at once. All of the block is loaded before any of it is
 * stored: a load that follows a store to an address with the same low 12 bits would wait for it. */
static inline void lab_words_move_32(void *to, const void *from)
{
    typedef uint64_t four __attribute__((vector_size(32), aligned(8), may_alias));
    const four *f = (const four *)from;
    four w0 = f[0], w1 = f[1], w2 = f[2], w3 = f[3], w4 = f[4], w5 = f[5], w6 = f[6], w7 = f[7];
    four *t = (four *)to;

    t[0] = w0, t[1] = w1, t[2] = w2, t[3] = w3, t[4] = w4, t[5] = w5, t[6] = w6, t[7] = w7;
}
#endif

/* LAB_OUT_OF_LINE is for files whose functions are called for each burst, instead of being inline
 * in a caller's loop. A small burst's time is mostly that of its jumps there: so there is a piece
 * for each bit of n, and no loop below 32. A put and a get of as many words have the same pieces,
 * so that the processor forwards from the one's stores to the other's loads. Inline it would be
 * slower. */
#ifdef LAB_OUT_OF_LINE
typedef uint64_t lab_words_1 __attribute__((may_alias));
typedef uint64_t lab_words_2 __attribute__((vector_size(16), aligned(8), may_alias));

static inline void lab_words_move_8(void *to, const void *from)
{
    const lab_words_2 *f = (const lab_words_2 *)from;
    lab_words_2 *t = (lab_words_2 *)to, w0 = f[0], w1 = f[1], w2 = f[2], w3 = f[3];

    t[0] = w0, t[1] = w1, t[2] = w2, t[3] = w3;
}

static inline void lab_words_move_4(void *to, const void *from)
{
    const lab_words_2 *f = (const lab_words_2 *)from;
    lab_words_2 *t = (lab_words_2 *)to, w0 = f[0], w1 = f[1];

    t[0] = w0, t[1] = w1;
}

#ifndef __AVX__
static inline void lab_words_move_32(void *to, const void *from)
{
    for (int i = 0; i < 256; i += 64)
        lab_words_move_8((char *)to + i, (const char *)from + i);
}
#endif

static inline unsigned lab_words_move(void *to, const void *from, unsigned n)
{
    char *t = (char *)to;
    const char *f = (const char *)from;

    for (unsigned left = n; left >= 32; left -= 32, t += 256, f += 256)
        lab_words_move_32(t, f);
    if (lab_likely((n & 24) != 0)) {
        if ((n & 16) != 0) {
            lab_words_move_8(t, f);
            lab_words_move_8(t + 64, f + 64);
            t += 128, f += 128;
        }
        if ((n & 8) != 0) {
            lab_words_move_8(t, f);
            t += 64, f += 64;
        }
        if ((n & 7) == 0)
            return n;
    }
    if ((n & 4) != 0) {
        lab_words_move_4(t, f);
        t += 32, f += 32;
        if ((n & 3) == 0)
            return n;
    }
    if ((n & 2) != 0) {
        *(lab_words_2 *)t = *(const lab_words_2 *)f;
        t += 16, f += 16;
    }
    if ((n & 1) != 0)
        *(lab_words_1 *)t = *(const lab_words_1 *)f;
    return n;
}
#else
static inline unsigned lab_words_move(void *to, const void *from, unsigned n)
{
    char *t = (char *)to;
    const char *f = (const char *)from;
    unsigned left = n;

#ifdef __AVX__
    for (; left >= 32; left -= 32, t += 256, f += 256)
        lab_words_move_32(t, f);
#endif
    for (; left >= 8; left -= 8, t += 64, f += 64)
        memcpy(t, f, 64);
    for (; left >= 4; left -= 4, t += 32, f += 32)
        memcpy(t, f, 32);
    return n - left;
}
#endif

static inline void lab_words_store(lab_atomic_t *to, void *const *from, unsigned n)
{
    unsigned done = LAB_WORDS_ATOMIC ? 0 : lab_words_move(to, from, n);

    for (to += done, from += done, n -= done; n > 0; n--)
        lab_store_relaxed(to++, (uint64_t)(uintptr_t)*from++);
}

static inline void lab_words_load(void **to, const lab_atomic_t *from, unsigned n)
{
    unsigned done = LAB_WORDS_ATOMIC ? 0 : lab_words_move(to, from, n);

    for (to += done, from += done, n -= done; n > 0; n--)
        *to++ = (void *)(uintptr_t)lab_load_relaxed(from++);
}

/* Sets n bytes, each as if by a relaxed store. */
static inline void lab_bytes_fill(lab_byte_t *to, uint8_t value, size_t n)
{
    if (!LAB_WORDS_ATOMIC)
        memset((void *)to, value, n);
    else
        for (size_t i = 0; i < n; i++)
            lab_byte_store_relaxed(&to[i], value);
}

/* Copies n bytes, each as if by a relaxed load. */
static inline void lab_bytes_load(void *to, const lab_byte_t *from, unsigned n)
{
    if (!LAB_WORDS_ATOMIC)
        memcpy(to, (const void *)from, n);
    else
        for (unsigned i = 0; i < n; i++)
            ((uint8_t *)to)[i] = lab_byte_load_relaxed(&from[i]);
}

#endif
