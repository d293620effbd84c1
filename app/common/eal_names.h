/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_EAL_NAMES_H
#define COMMON_EAL_NAMES_H

#include <stdbool.h>

/* Whether a word of a command line is an option of DPDK's EAL: "--vdev=net_null0", "-d". */
bool eal_names_has(const char *word);

#endif
