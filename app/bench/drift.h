/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_DRIFT_H
#define BENCH_DRIFT_H

#include "turn.h"

/* The position of each lcore's own deque in its ring, which otherwise is where chance left it: what
 * it gets from others and puts by itself makes it drift. While it holds setting->held buffers, its
 * `bot` lies setting->drift slots before the ring's end; so with fewer than `held`, every get and
 * every put goes around the end. Only pools of this project have deques; the rings of others move
 * on with every call. */

/* Before the first turn, while no lcore works. False without memory, or where the pool cannot be
 * brought there. */
bool drift_place(const struct contender *contender, const struct setting *setting,
                 const unsigned lcores[]);

/* The slots from bot to the end of the ring while the lcore is at rest and holds nothing; 0 where
 * there is no deque with slots. */
unsigned drift_at_rest(const struct contender *contender, unsigned lcore);

#endif
