/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_PLUGIN_H
#define REPLAY_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>

#define PLUGIN_NAME "librte_mempool_labyrinth.so"

/* Where the plugin lies when this program runs in its build tree; false when it does not. An
 * installed plugin is found by the EAL itself. */
bool plugin_in_build_tree(char *path, size_t capacity);

#endif
