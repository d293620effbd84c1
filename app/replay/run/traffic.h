/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_TRAFFIC_H
#define REPLAY_TRAFFIC_H

/* The work of an lcore where the capture goes out on one port and comes back on another: the same
 * as worker_receive(), whose argument it takes. It ends when every frame that was sent is back, or
 * when none has come for a while after the last was sent. */
int traffic_run(void *worker);

#endif
