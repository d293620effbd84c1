/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_DRIVER_H
#define LABYRINTH_DRIVER_H

/* What the driver's files share. */

#include <rte_log.h>

#define LABYRINTH_OPS_NAME "labyrinth"

extern int labyrinth_logtype;

#define LABYRINTH_LOG(level, format, ...)                                                          \
    rte_log(RTE_LOG_##level, (uint32_t)labyrinth_logtype, "LABYRINTH: " format "\n", ##__VA_ARGS__)

/* Registers /labyrinth/list and /labyrinth/info. */
void labyrinth_telemetry_register(void);

#endif
