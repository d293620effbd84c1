/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_TICKS_H
#define LAB_TICKS_H

/* Stands in for lib/platform/lab_ticks.h: an execution is the same each time, whatever the time. A
 * suite whose library asks for it defines it. */

#include <stdint.h>

uint64_t lab_ticks(void);

#endif
