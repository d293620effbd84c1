/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_RELEASE_H
#define REPLAY_RELEASE_H

#include "life/meter.h"

#include <rte_mbuf.h>

/* Frees packets of any kind: most are a single buffer that nobody else refers to, and go back to
 * their pool in bulk with nothing but their headers' first cache line looked at, as drivers do
 * after sending. */
void release(struct rte_mbuf *packets[], unsigned n, struct meter *meter);

#endif
