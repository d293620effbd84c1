/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_DRIVER_H
#define LABYRINTH_DRIVER_H

/* What the driver's files share. */

#include <lab_pool.h>
#include <rte_log.h>
#include <rte_mempool.h>
#include <rte_telemetry.h>
#include <stdbool.h>

#include "labyrinth_look.h"

#define LABYRINTH_OPS_NAME "labyrinth"

extern int labyrinth_logtype;

#define LABYRINTH_LOG(level, format, ...)                                                          \
    rte_log(RTE_LOG_##level, (uint32_t)labyrinth_logtype, "LABYRINTH: " format "\n", ##__VA_ARGS__)

/* Registers the telemetry commands. */
void labyrinth_telemetry_register(void);

/* The pool of a mempool of ours, else NULL. */
struct lab_pool *labyrinth_pool_of(const struct rte_mempool *mp);

/* Looks at the mempool of ours that a telemetry command names (labyrinth_look.h); false after an
 * error was put into *data. */
bool labyrinth_telemetry_look(const char *params, labyrinth_look_fn *look, void *context,
                              struct rte_tel_data *data);

/* Commands of labyrinth_telemetry_audit.c. */
int labyrinth_telemetry_leaks(const char *cmd, const char *params, struct rte_tel_data *data);
int labyrinth_telemetry_holders(const char *cmd, const char *params, struct rte_tel_data *data);

#endif
