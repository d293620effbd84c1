/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_SERVICE_H
#define LAB_MBUF_SERVICE_H

#include <lab_page.h>

/* The housekeeping of an arena as a service of DPDK's, which the program maps to a service core and
 * starts, or not. Failure is told in the log: the arena does without. Control threads. */
void lab_mbuf_service_add(struct lab_arena *arena);

/* Waits until no service core is inside. */
void lab_mbuf_service_remove(const struct lab_arena *arena);

#endif
