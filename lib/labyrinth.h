/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LABYRINTH_H
#define LABYRINTH_H

/* Labyrinth's whole public interface; lab_pool.h is the one to read first,
 * lab_page.h the one for what is not of one size. */

#include <lab_audit.h>
#include <lab_error.h>
#include <lab_gfp.h>
#include <lab_lcore.h>
#include <lab_page.h>
#include <lab_pool.h>
#include <lab_region.h>

#endif
