/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_PAGES_H
#define LAB_MBUF_PAGES_H

#include <lab_page.h>
#include <rte_mempool.h>

/* Fills an empty mempool with objects on the arena's pages, which rte_mempool_free() gives back.
 * 0, or a negative errno, after it has been said what was wrong. */
int lab_mbuf_populate(struct rte_mempool *mp, struct lab_arena *arena, unsigned gfp);

#endif
