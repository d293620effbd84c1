/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The Labyrinth authors
 */
#ifndef REPLAY_IDLE_H
#define REPLAY_IDLE_H

#include <rte_pause.h>
#include <sched.h>
#include <stdbool.h>

/* A poll that found nothing. Where lcores share CPUs it gives way. */
static inline void idle(bool yield)
{
    if (yield)
        sched_yield();
    else
        rte_pause();
}

#endif
