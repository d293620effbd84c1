/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include <stdint.h>

/* Bytes that this program lets itself take: eight tenths of what the kernel says is available
 * now, or of what its control groups (a container's, a service's) may have at all, if that is less.
 * 0 where it does not say. */
uint64_t memory_limit_bytes(void);

#endif
