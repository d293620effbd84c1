/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_MBUF_H
#define LABYRINTH_MBUF_H

#include <lab_pool.h>
#include <rte_mempool.h>

/* For a pool of mbufs with their data behind them, sets *ret_from and *ret_bytes to where the data
 * room lies in each; false for any other. */
bool labyrinth_mbuf_data_room(struct rte_mempool *mp, uint32_t *ret_from, uint32_t *ret_bytes);

/* Makes an mbuf as new, its data zeroed, whatever it was left as; false when the mempool's objects
 * are none. */
bool labyrinth_mbuf_renew(struct rte_mempool *mp, void *object);

/* For a pool of mbufs, sets options->claim to the lines that a receive path writes first: that of
 * the header which every PMD fills in, and that where the frame begins. Other pools are left
 * alone. */
void labyrinth_mbuf_claim(struct rte_mempool *mp, struct lab_pool_options *options);

#endif
