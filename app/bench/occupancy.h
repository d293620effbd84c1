/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_OCCUPANCY_H
#define BENCH_OCCUPANCY_H

#include "turn.h"

/* Pages that are held from the first turn to the last, so that what is free lies scattered: all are
 * taken, in the pattern's orders, and random ones given back until setting->occupancy percent are
 * left. A contender without a limit of its own is given one: 2048 runs, or
 * CONTENDER_PAGES_HELD_BYTES. */

struct occupant {
    void *object;
    unsigned order;
};

struct occupancy {
    struct occupant *held;
    uint32_t n;
};

/* False when there is no memory. */
bool occupancy_fill(struct occupancy *ret_occupancy, const struct contender *contender,
                    const struct setting *setting);
void occupancy_release(struct occupancy *occupancy, const struct contender *contender);

#endif
