/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_MBUF_MAP_H
#define LAB_MBUF_MAP_H

#include <lab_page.h>

/* From now on telemetry's /labyrinth/map shows this arena, or does so no longer: it lists as many
 * as LAB_MBUF_MAP_ARENAS. Control threads. */
#define LAB_MBUF_MAP_ARENAS 16
void lab_mbuf_map_add(const struct lab_arena *arena);
void lab_mbuf_map_remove(const struct lab_arena *arena);

#endif
