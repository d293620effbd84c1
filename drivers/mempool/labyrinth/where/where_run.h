/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef WHERE_RUN_H
#define WHERE_RUN_H

/* Threads that walk: on the CPUs that the EAL has for control threads, below others in turn, and
 * left alone by signals, which are the program's. */

/* Starts one, which calls run(context) and ends: 0 or -errno. Control threads. */
int where_run_start(void (*run)(void *context), void *context);

#endif
