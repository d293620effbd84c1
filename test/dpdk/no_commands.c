/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */

/* LD_PRELOAD: DPDK has no memory for another command of telemetry's. */

#include <errno.h>
#include <rte_telemetry.h>

int rte_telemetry_register_cmd(const char *cmd, telemetry_cb fn, const char *help)
{
    return -ENOMEM;
}
