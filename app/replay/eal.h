/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_EAL_H
#define REPLAY_EAL_H

#include "options.h"

/* Starts the EAL with the options given, and with our own where those say nothing: always the
 * lcores and, in a build tree, our plugin; when none are given, also memory for so many buffers.
 * 0, or an exit status, and the reason has been said. */
int eal_start(const struct options *options, unsigned n_mbufs);

/* Ends the EAL and removes what it left in the file system. */
void eal_stop(void);

#endif
