/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COUNTING_LAB_ATOMIC_H
#define COUNTING_LAB_ATOMIC_H

/* The library's atomics, counted: every turn of every loop of lib/ has at least one, so they are
 * the measure of how many steps a call takes. */

#include_next <lab_atomic.h>

extern uint64_t counted_steps;

#define lab_load_relaxed(a) (counted_steps++, lab_load_relaxed(a))
#define lab_load_acquire(a) (counted_steps++, lab_load_acquire(a))
#define lab_store_relaxed(a, value) (counted_steps++, lab_store_relaxed(a, value))
#define lab_store_release(a, value) (counted_steps++, lab_store_release(a, value))
#define lab_cas_relaxed(a, seen, next) (counted_steps++, lab_cas_relaxed(a, seen, next))
#define lab_cas_acquire(a, seen, next) (counted_steps++, lab_cas_acquire(a, seen, next))
#define lab_cas_release(a, seen, next) (counted_steps++, lab_cas_release(a, seen, next))
#define lab_cas_acq_rel(a, seen, next) (counted_steps++, lab_cas_acq_rel(a, seen, next))
#define lab_fetch_add_relaxed(a, addend) (counted_steps++, lab_fetch_add_relaxed(a, addend))
#define lab_byte_load_relaxed(b) (counted_steps++, lab_byte_load_relaxed(b))
#define lab_byte_store_relaxed(b, value) (counted_steps++, lab_byte_store_relaxed(b, value))
#define lab_words_load(to, from, n) (counted_steps += (n), lab_words_load(to, from, n))
#define lab_words_store(to, from, n) (counted_steps += (n), lab_words_store(to, from, n))
#define lab_bytes_fill(to, value, n) (counted_steps++, lab_bytes_fill(to, value, n))
#define lab_bytes_load(to, from, n) (counted_steps++, lab_bytes_load(to, from, n))

#endif
