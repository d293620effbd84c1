/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#include <signal.h>

/* A driver that the EAL loads while it starts, and that stands for a signal at that moment. */
__attribute__((constructor)) static void raise_at_start(void)
{
    raise(SIGTERM);
}
