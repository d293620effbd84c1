/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_OS_SHARE_H
#define LAB_OS_SHARE_H

#include <fcntl.h>

/* The seals of memory that is shared: what no holder of it may do to the others, for a shorter file
 * would be a SIGBUS to them. One that has none yet is being made, and one that has the last alone
 * was withdrawn. */
#define LAB_OS_SHARE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

#endif
