/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_VPP_H
#define BENCH_VPP_H

#include <rte_spinlock.h>
#include <stdbool.h>
#include <stdint.h>

/* A pool as VPP has it behind its threads' caches, to be compared with: indices of 32 bits in an
 * array, last in, first out, under a spinlock. Half as much to copy as pointers. */

struct vpp {
    rte_spinlock_t lock;
    uint32_t n;
    uint32_t indices[];
};

/* Empty, with room for n; NULL without memory. */
struct vpp *vpp_create(uint32_t n);
void vpp_destroy(struct vpp *vpp);

/* Any thread; waits for others. */
void vpp_put(struct vpp *vpp, const uint32_t *indices, uint32_t n);

/* All of them, or none and false. */
bool vpp_get(struct vpp *vpp, uint32_t *ret_indices, uint32_t n);

#endif
