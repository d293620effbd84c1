/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include "report.h"
#include "tree.h"

/* The checks. A check only reads, and adds what it found to the report; nothing is fixed here, and
 * nothing deleted. */
typedef void check_fn(const struct tree *tree, struct report *report);

/* check_memory.c */
check_fn check_hugepages, check_mounts, check_memlock, check_thp;

/* check_groups.c */
check_fn check_groups;

/* check_dpdk.c */
check_fn check_plugin, check_slots;

/* check_processes.c */
check_fn check_prefixes, check_segments, check_aslr;

/* check_cpus.c */
check_fn check_membarrier, check_isolation, check_governor, check_nics;

#endif
