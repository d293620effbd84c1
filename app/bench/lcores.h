/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef BENCH_LCORES_H
#define BENCH_LCORES_H

#include <rte_config.h>
#include <stdbool.h>
#include <stddef.h>

/* The lcores that a pattern works on. The main lcore is never one of them: it sleeps, and so needs
 * no CPU of its own. */

/* Crowded patterns put all their lcores on this many CPUs, however many there are. */
#define CROWD_CPUS 2

/* Writes an argument for --lcores: the main lcore anywhere, lcores 1 to `alone` each on a CPU of
 * its own as far as there are CPUs, and more, until `crowded` are on the first CROWD_CPUS. */
void lcores_map(unsigned alone, unsigned crowded, char *text, size_t capacity);

/* Picks n of the lcores that the EAL has: each on a CPU of its own, or (crowded) all on CROWD_CPUS.
 * Returns on how many CPUs they are; 0 when there are too few, with a sentence about it. */
unsigned lcores_pick(unsigned n, bool crowded, unsigned ret_lcores[RTE_MAX_LCORE], char *ret_why,
                     size_t capacity);

#endif
