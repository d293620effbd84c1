/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_PAGE_LOCK_H
#define LAB_PAGE_LOCK_H

/* Locks of single pages. For lib/page alone. */

#include <lab_arena_node.h>

/* Unlocks what an lcore that died had locked. */
void lab_page_unlock_all(struct lab_zone *zone, uint32_t dead);

#endif
