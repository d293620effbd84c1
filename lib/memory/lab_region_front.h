/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_REGION_FRONT_H
#define LAB_REGION_FRONT_H

/* Before a shared region, a page of this process alone. */

#include <lab_region.h>

/* Maps a page of this process alone right before a shared region, zeroed, for what no other process
 * is to write to; it goes with the region. Returns 0, or -EADDRINUSE when something else lies
 * there. Set-up only. */
int lab_region_front(struct lab_region *region, struct lab_error *error) LAB_CHECKED;

/* From now on this process cannot write there either. Returns 0, or -errno. */
int lab_region_freeze_front(const struct lab_region *region) LAB_CHECKED;

#endif
