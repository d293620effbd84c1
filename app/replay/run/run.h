/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_RUN_H
#define REPLAY_RUN_H

#include "capture/capture.h"
#include "options.h"
#include "queue/port.h"
#include "report/result.h"

#include <rte_mempool.h>

/* A capture, once through a pool. */

/* Through our own receive queues, or through ports (NULL: none). 0 or -errno, and the reason has
 * been said. */
int run(const struct options *options, const struct capture *capture, struct ports *ports,
        struct rte_mempool *pool, struct run_result *ret_result);

#endif
