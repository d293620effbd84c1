/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_GUESTS_H
#define BENCH_GUESTS_H

#include <stdbool.h>

/* Threads that sleep, so that the EAL has as many lcores as are emulated: drivers ask it for that
 * number when a pool is made. */

struct guests;

/* Makes guests on `lcores` lcores in all. NULL where they cannot be had. */
struct guests *guests_invite(unsigned lcores);
void guests_dismiss(struct guests *guests);

#endif
