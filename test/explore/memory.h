/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef MEMORY_H
#define MEMORY_H

/* The C11 memory model (RC11), operational: each word keeps every value it ever had in this
 * execution, and each thread a view, which says how old a value it may still see.
 *
 *   relaxed load    sees any value not older than the thread's view of that word
 *   acquire load    and takes over the view that came with the value
 *   relaxed store   carries the view of the thread's last fence
 *   release store   carries the thread's view
 *   CAS, fetch_add  sees the newest value, and passes that one's view on (release sequence);
 *                   a CAS that fails is a load of any value that differs from the expected one
 *   fence(seq_cst)  takes in the view of all earlier such fences, and adds its own
 *
 * A store always becomes the newest value, and no load sees a store that has yet to run. The first
 * leaves out the outcomes of two threads' plain stores to the same word overtaking each other
 * (2+2W): in lib/ a word that several threads write is written by CAS, which cannot. The second
 * leaves out load buffering, which RC11 forbids.
 *
 * The words in memory hold the newest values, so code that runs before or after the threads uses
 * them as they are. */

#include <lab_atomic.h>

#define MEMORY_WORDS 128 /* that are written */

/* For each word, in the order in which they were first written: the index of the oldest value to be
 * seen. */
struct view {
    uint8_t oldest[MEMORY_WORDS];
};

struct memory_thread {
    struct view current;  /* what the thread has seen */
    struct view acquired; /* and would have if each of its loads had acquired: for a fence */
    struct view released; /* what it had seen at its last fence: for relaxed stores */
};

/* Begins an execution: every word has the value it has in memory and no history. */
void memory_reset(void);

/* `child` starts, or `parent` is known to have ended: it sees what `parent` saw. */
void memory_join(struct memory_thread *child, const struct memory_thread *parent);

uint64_t memory_load(struct memory_thread *thread, const lab_atomic_t *a, bool acquire);
void memory_store(struct memory_thread *thread, lab_atomic_t *a, uint64_t value, bool release);
bool memory_cas(struct memory_thread *thread, lab_atomic_t *a, uint64_t *expected, uint64_t desired,
                bool acquire, bool release);
uint64_t memory_fetch_add(struct memory_thread *thread, lab_atomic_t *a, uint64_t addend);
void memory_fence(struct memory_thread *thread);

#endif
