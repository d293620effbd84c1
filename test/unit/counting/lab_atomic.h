/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COUNTING_LAB_ATOMIC_H
#define COUNTING_LAB_ATOMIC_H

/* The library's atomics, counted: every turn of every loop of lib/ has at least one, so they are
 * the measure of how many steps a call takes. */

#include_next <lab_atomic.h>

extern uint64_t counted_steps;

/* A function, since two that are called in one expression come in some order, as two additions
 * need not. */
static inline void count_steps(uint64_t n)
{
    counted_steps += n;
}

#define lab_load_relaxed(a) (count_steps(1), lab_load_relaxed(a))
#define lab_load_acquire(a) (count_steps(1), lab_load_acquire(a))
#define lab_store_relaxed(a, value) (count_steps(1), lab_store_relaxed(a, value))
#define lab_store_release(a, value) (count_steps(1), lab_store_release(a, value))
#define lab_cas_relaxed(a, seen, next) (count_steps(1), lab_cas_relaxed(a, seen, next))
#define lab_cas_acquire(a, seen, next) (count_steps(1), lab_cas_acquire(a, seen, next))
#define lab_cas_release(a, seen, next) (count_steps(1), lab_cas_release(a, seen, next))
#define lab_cas_acq_rel(a, seen, next) (count_steps(1), lab_cas_acq_rel(a, seen, next))
#define lab_fetch_add_relaxed(a, addend) (count_steps(1), lab_fetch_add_relaxed(a, addend))
#define lab_byte_load_relaxed(b) (count_steps(1), lab_byte_load_relaxed(b))
#define lab_byte_store_relaxed(b, value) (count_steps(1), lab_byte_store_relaxed(b, value))
#define lab_words_load(to, from, n) (count_steps(n), lab_words_load(to, from, n))
#define lab_words_store(to, from, n) (count_steps(n), lab_words_store(to, from, n))
#define lab_bytes_fill(to, value, n) (count_steps(1), lab_bytes_fill(to, value, n))
#define lab_bytes_load(to, from, n) (count_steps(1), lab_bytes_load(to, from, n))

#endif
