/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DRIVER_TEST_H
#define DRIVER_TEST_H

/* The common part of driver_test's files. cmocka's assertions work on the main lcore alone: a
 * function that runs elsewhere returns its findings. */

#include "cmocka_first.h"

#include <rte_mempool.h>

/* An empty pool of ours, in place of the one that a failed test left behind. */
struct rte_mempool *make_empty_pool(unsigned int size, unsigned int object_bytes,
                                    unsigned int cache, unsigned int flags);

/* A pool of ours, filled. Object i begins with the word 0. */
struct rte_mempool *make_pool(unsigned int size, unsigned int object_bytes, unsigned int cache);

/* Free objects that the driver has: those in DPDK's caches do not count. */
unsigned int driver_count(const struct rte_mempool *mp);

/* Gets all that can be had, singly at the end, into objects[]. Returns how many. */
unsigned int drain(struct rte_mempool *mp, void **objects, unsigned int max);

/* Puts n objects back in bursts. */
void put_all(struct rte_mempool *mp, void *const *objects, unsigned int n);

/* Marks objects as held in their first word, or as free. Returns how many were so already: each is
 * an object with two holders. */
unsigned int mark(void *const *objects, unsigned int n, uint32_t is_held);

int run_pool_tests(void);
int run_thread_tests(void);

#endif
