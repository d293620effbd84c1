/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef SHARING_H
#define SHARING_H

/* The threads that touch each word: learned from a program's executions, to explore fewer of them.
 * A load of a word that no other thread writes, and a store to a word that no other thread touches,
 * do the same wherever the other threads stand, so nobody need be scheduled before them. A thread
 * may have to die before them: what it left undone is found by the check. A fact that was learned
 * too late makes the exploration start again, so that in the one that counts nothing was left out.
 */

#include <lab_atomic.h>

/* A new program. */
void sharing_forget(void);

enum sharing { NOBODYS, OUTSIDE, OTHERS };

/* Notes an access and says who else could notice it or influence it: other threads, or setup and
 * check alone, which count as thread EXPLORE_THREADS. */
enum sharing sharing_note(const lab_atomic_t *a, unsigned thread, bool writes);

/* True if something was learned since this was last asked. */
bool sharing_learned(void);

#endif
