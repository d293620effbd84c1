/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_FLOW_COUNT_H
#define REPLAY_FLOW_COUNT_H

#include "capture/capture.h"

/* How many flows of IP a capture that is in memory holds, both directions of each as one, and how
 * many of its frames belong to one: sets capture->flows. They stay unknown where memory for the set
 * of them is short. */
void flow_count(struct capture *capture);

#endif
