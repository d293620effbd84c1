/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef LAB_ARENA_MAP_H
#define LAB_ARENA_MAP_H

/* An arena's memory, as it is mapped. For lib/page alone. */

#include <lab_page.h>

/* Maps, and says for what of this arena it could not, or (in *wish) what would have been better. */
int lab_arena_map(const char *arena, const char *what, const struct lab_region_options *wanted,
                  struct lab_region *ret_region, struct lab_error *error, struct lab_error *wish);

/* The zones that are to be there from the beginning. */
int lab_arena_map_zones(struct lab_arena *arena, const struct lab_arena_options *options,
                        struct lab_error *error, struct lab_error *wish);

/* Maps another zone, unless there are more than `present` by now: of threads that need one, one
 * maps and the others wait. 0, or why there is none. Blocking. */
int lab_arena_grow_beyond(struct lab_arena *arena, uint32_t present, struct lab_error *error);

#endif
