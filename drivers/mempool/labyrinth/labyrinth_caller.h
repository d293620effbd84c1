/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_CALLER_H
#define LABYRINTH_CALLER_H

#include <lab_audit.h>

/* The place in the program from which an op of the driver was called: a lab_audit_resolver. DPDK's
 * inline functions need not have been inlined: as long as the address lies in a function rte_...,
 * that function's own return address is taken.
 *
 * The first call from a site walks up the stack and reads symbols, which may take tens of
 * milliseconds; what it learns is how far up in the stack the next return address lies, and later
 * calls look there. Any thread; never waits for another one. */
const void *labyrinth_caller(struct lab_audit_site site, bool *ret_own);

#endif
