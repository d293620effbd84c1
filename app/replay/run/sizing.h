/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_SIZING_H
#define REPLAY_SIZING_H

#include "capture/capture.h"
#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many lcores, buffers and bytes a run needs. */

/* Bytes of the largest frame that a queue can receive: all its descriptors, filled. */
uint64_t sizing_largest_frame(const struct options *options);

/* One to poll each queue, and with --free-on=other one to free what it received. */
unsigned sizing_lcores(const struct options *options);

/* Frames that will be replayed in all; UINT64_MAX: until something else ends the run. */
uint64_t sizing_frames(const struct options *options, const struct capture *capture);

/* The fewest buffers with which no queue can wait for ever for the largest frame. */
uint64_t sizing_least(const struct options *options, const struct capture *capture);

/* The buffers of the pool: what was asked for, or what keeps every queue full while packets are
 * held. -EINVAL, and the reason has been said, when with so few some queue could wait for ever for
 * the largest frame. */
int sizing_mbufs(const struct options *options, const struct capture *capture, unsigned *ret_mbufs);

/* Memory of the queues beside a pool of n_mbufs buffers, and beside a capture that is loaded: the
 * windows of a stream, places for the packets that are held, and for a burst of frames that get
 * other addresses. */
uint64_t sizing_beside_bytes(const struct options *options, const struct capture *capture,
                             unsigned n_mbufs);

/* For the EAL: lcores 0, 1, 2... in turn on the CPUs that the program may use, however few. */
void sizing_lcore_map(const struct options *options, char *text, size_t capacity);

#endif
