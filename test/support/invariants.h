/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef INVARIANTS_H
#define INVARIANTS_H

/* The invariants of a deque and of a pool while no thread is inside a call. Reads only; each
 * returns NULL, or says what is wrong. */

#include <lab_pool.h>

/* top <= split <= bot <= top + capacity, and no revocation was left half done. */
const char *deque_wrong(const struct lab_deque *deque);

/* Every deque is right and can be found by thieves; every free object is known to the pool and is
 * in one place only; the places together hold what lab_pool_count() returns. ret_free has
 * pool->count entries: which objects are free. */
const char *pool_wrong(const struct lab_pool *pool, bool *ret_free);

#endif
