/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_H
#define LABYRINTH_H

/* Labyrinth's whole public interface; doc/library.md is the way in. */

#include <lab_error.h>
#include <lab_lcore.h>
#include <lab_pool.h>
#include <lab_region.h>

#endif
