/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_JSON_FILE_H
#define COMMON_JSON_FILE_H

#include <jansson.h>

/* Whether --json=PATH can have its place, asked before the work rather than after an hour. Leaves
 * all as it was; NULL and "-" always can. 0 or -errno, and the reason has been said. */
int json_file_look(const char *path);

/* Writes what --json=PATH asks for, as output_write() does; "-" is stdout. 0 or -errno, and the
 * reason has been said. */
int json_file_write(const char *path, const json_t *report);

#endif
