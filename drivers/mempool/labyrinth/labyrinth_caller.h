/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_CALLER_H
#define LABYRINTH_CALLER_H

#include <lab_audit.h>

/* Makes known what labyrinth_caller() needs to know of the code that is loaded now
 * (labyrinth_code_read()). Control threads. */
void labyrinth_caller_prepare(void);

/* The place in the program from which an op of the driver was called: a lab_audit_resolver. DPDK's
 * inline functions need not have been inlined: as long as the address lies in a function rte_...,
 * that function's own return address is taken. In a library that came after the last
 * labyrinth_caller_prepare(), the address is taken as it is.
 *
 * The first call from a site walks up the stack, some microseconds long; what it learns is how far
 * up in the stack the next return address lies, and later calls look there. Any thread; wait-free,
 * no system call, no allocation. */
const void *labyrinth_caller(struct lab_audit_site site, bool *ret_own);

#endif
