/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef COMMON_PLUGIN_H
#define COMMON_PLUGIN_H

#include <stdbool.h>

#define PLUGIN_NAME "librte_mempool_labyrinth.so"

/* Loads the plugin that lies beside this program in its build tree, or that was installed with it;
 * that there is none is no failure, for where the EAL looks it loads it itself.
 *
 * To be called before the EAL starts: our name then takes its slot among the mempool drivers before
 * all the others. The EAL's own -d refuses what lies under a directory that everybody may write
 * to, as a clone under a temporary directory does; who could plant a plugin here could as well
 * have planted this program. False, and the reason said, when there is one that does not load. */
bool plugin_load(void);

#endif
